import { Channel } from "@tauri-apps/api/core";
import { commands, type CheckInChanged, type FailureView } from "../bindings";
import type { Host } from "./host";

type Settled<T> = { status: "ok"; data: T } | { status: "error"; error: FailureView };

// The generator can be set to return failures as values or to throw them; the screens only know the second.
async function settle<T>(answer: Promise<T | Settled<T>>): Promise<T> {
  const value = await answer;
  if (typeof value === "object" && value !== null && "status" in value) {
    if (value.status === "error" && "error" in value) throw value.error;
    if (value.status === "ok" && "data" in value) return value.data;
  }
  return value as T;
}

/** The host of the application proper: the commands of the Tauri shell. */
export const tauriHost: Host = {
  openDesk: (form) => settle(commands.openDesk(form)),
  arrivals: () => settle(commands.arrivals()),
  patient: (record) => settle(commands.patient(record)),
  search: (form) => settle(commands.search(form)),
  startCheckIn(form, changed) {
    const channel = new Channel<CheckInChanged>();
    channel.onmessage = changed;
    return settle(commands.startCheckIn(form, channel));
  },
  async cancelCheckIn() {
    await settle(commands.cancelCheckIn());
  },
  async copySignInAddress() {
    await settle(commands.copySignInAddress());
  },
  async reopenBrowser() {
    await settle(commands.reopenBrowser());
  },
  async playPhone() {
    await settle(commands.playPhone());
  },
  async openFranceConnectInformation() {
    await settle(commands.openFranceconnectInformation());
  },
  pageCodes: () => settle(commands.pageCodes()),
  decide: (form) => settle(commands.decide(form)),
  goPaper: (form) => settle(commands.goPaper(form)),
};
