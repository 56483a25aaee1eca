import { after, before, test } from "node:test";
import { clean, fits, picture, start } from "./browser.mjs";

let bench;
before(async () => (bench = await start()));
after(() => bench.stop());

const ready = (page) => page.locator("[data-arrival]").first().waitFor();
const verdict = (arrival, outcome) => async (page) => {
  await ready(page);
  await page.locator(`[data-arrival="${arrival}"]`).click();
  await page.locator("#start-check-in").click();
  await page.locator(`#verdict[data-outcome="${outcome}"][data-armed="true"]`).waitFor();
};
const started = (arrival, sign) => async (page) => {
  await ready(page);
  await page.locator(`[data-arrival="${arrival}"]`).click();
  await page.locator("#start-check-in").click();
  await page.locator(sign).waitFor();
};
const phone = (sign) => async (page) => {
  await ready(page);
  await page.locator("#start-phone").waitFor();
  await page.keyboard.press("t");
  await page.locator(sign).waitFor();
};
const helped = (code) => async (page) => {
  await started(13, "#countdown")(page);
  await page.keyboard.press("e");
  await page.locator("#page-code:focus").waitFor();
  await page.keyboard.type(code);
};
const searched = (date, name, sign) => async (page) => {
  await ready(page);
  await page.keyboard.press("F3");
  await page.keyboard.type(date);
  await page.locator("#search-name").fill(name);
  await page.keyboard.press("Enter");
  await page.locator(sign).first().waitFor();
};

// Every screen and every state it can be in: name, settings of the host, how to reach it.
const screens = [
  ["opening-keychain", "keychain=absent", (page) => page.locator("#session-only").waitFor()],
  ["opening-failed", "register=broken", (page) => page.locator("[data-code='register-unreadable']").waitFor()],
  ["session-only", "keychain=absent", async (page) => { await page.locator("#session-only").click(); await ready(page); }],
  ["reception", "", async (page) => { await ready(page); await page.getByText("2A004 Ajaccio").waitFor(); }],
  ["reception-production", "environment=production", ready],
  ["reception-no-arrival", "records=none", (page) => page.getByText("Aucune arrivée prévue").waitFor()],
  ["reception-no-record", "", async (page) => { await ready(page); await page.locator('[data-arrival="9"]').click(); await page.getByText("n'a pas encore de dossier ici").waitFor(); }],
  ["reception-seen", "", async (page) => { await ready(page); await page.locator('[data-arrival="1"]').click(); await page.getByText("31555 Toulouse").waitFor(); }],
  ["results", "", searched("01011986", "", "[data-record]")],
  ["results-none", "", searched("01011901", "", "#start-without-record")],
  ["results-incomplete-date", "", searched("00111992", "", "[data-record]")],
  ["search-unreadable", "", searched("0101", "", "#search-problem")],
  ["search-too-wide", "", searched("", "D", "#search-problem")],
  ["patient", "", async (page) => { await searched("27071981", "", "[data-record]")(page); await page.keyboard.press("Enter"); await page.locator("#start-check-in").waitFor(); }],
  ["check-in", "", started(13, "#countdown")],
  ["check-in-browser-not-opened", "", started(17, '[data-step="browser"][data-state="failed"]')],
  ["check-in-owed-sign-out", "owed=stays", started(16, '[data-step="owed"]')],
  ["check-in-noticed", "noticed=all", started(13, '[data-notice="slept"]')],
  ["page-codes", "", helped("")],
  ["page-codes-one", "", helped("010008")],
  ["page-codes-unknown", "", helped("Y99")],
  ["phone", "", phone("#user-code")],
  ["phone-production-no-picture", "environment=production&picture=none", phone("#user-code")],
  ["verdict-phone", "", async (page) => { await phone("#user-code")(page); await page.keyboard.press("j"); await page.locator("#verdict").waitFor(); }],
  ["hold", "", started(14, "#browser-closed")],
  ["failure", "", started(15, "[data-code='relay-unreachable']")],
  ["failure-unknown-code", "", started(18, "[data-code='something-new']")],
  ["verdict-concordant", "", verdict(2, "concordant")],
  ["verdict-explained", "", verdict(3, "explained")],
  ["verdict-session-not-confirmed", "", verdict(4, "concordant")],
  ["verdict-discordant", "", verdict(5, "discordant")],
  ["verdict-explained-beside", "", verdict(6, "explained")],
  ["verdict-discordant-two", "", verdict(7, "discordant")],
  ["verdict-several", "", verdict(8, "several")],
  ["verdict-unknown", "", verdict(9, "unknown")],
  ["verdict-twin", "", verdict(10, "unknown")],
  ["verdict-unusable", "", verdict(11, "unusable-identity")],
  ["verdict-refused", "", verdict(12, "refused")],
  ["verdict-abandoned", "", async (page) => { await started(13, "#countdown")(page); await page.keyboard.press("Escape"); await page.locator('#verdict[data-outcome="abandoned"]').waitFor(); }],
  ["verdict-abandoned-noticed", "noticed=all", async (page) => { await started(13, '[data-notice="slept"]')(page); await page.keyboard.press("Escape"); await page.locator('#verdict[data-outcome="abandoned"] [data-notice="slept"]').waitFor(); }],
  ["create-anyway", "", async (page) => { await verdict(8, "several")(page); await page.keyboard.press("n"); await page.locator("#create-anyway").waitFor(); }],
  ["decided", "", async (page) => { await verdict(2, "concordant")(page); await page.locator("#action-confirm").click(); await page.locator(".notice").waitFor(); }],
  ["keys", "", async (page) => { await ready(page); await page.keyboard.press("?"); await page.locator("dialog[open]").waitFor(); }],
  ["masked", "", async (page) => { await ready(page); await page.keyboard.press("F9"); await page.locator("dialog[open]").waitFor(); }],
];

for (const [name, settings, reach] of screens) {
  test(`${name}: accessible, nothing blocked, usable at 1280 and at 320 pixels`, async () => {
    const page = await bench.open(settings);
    await reach(page);
    await clean(page, name);
    await fits(page, name);
    await picture(page, name);
    await page.setViewportSize({ width: 320, height: 600 }); // 1280 pixels at 400 %
    await clean(page, `${name} at 400 %`);
    await fits(page, `${name} at 400 %`);
    await picture(page, `${name}-400`);
    await page.context().close();
  });
}

const preferences = [
  ["forced-colors", { forcedColors: "active" }],
  ["more-contrast", { contrast: "more" }],
  ["motion", { reducedMotion: "no-preference" }],
];
for (const [name, options] of preferences) {
  test(`verdict with ${name}: accessible`, async () => {
    const page = await bench.open("", options);
    await verdict(3, "explained")(page);
    await clean(page, name);
    await picture(page, `verdict-${name}`);
    await page.context().close();
  });
}
