import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { focused, start } from "./browser.mjs";

let bench;
before(async () => (bench = await start()));
after(() => bench.stop());

async function reception(settings) {
  const page = await bench.open(settings);
  await page.locator("[data-arrival]:focus").waitFor();
  return page;
}
const asked = (page) => page.evaluate(() => globalThis.asked);
const spoken = (page, text) => page.locator("p[role=status]", { hasText: text }).waitFor({ state: "attached" });
const armed = (page) => page.locator('#verdict[data-armed="true"]').waitFor();
const close = (page) => page.context().close();

test("keyboard only: from the opening to a confirmed arrival, four keys", async () => {
  const page = await reception();
  assert.equal(await focused(page), "2", "the first arrival still expected has the focus");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Enter");
  await armed(page);
  assert.equal(await focused(page), "action-confirm", "the primary action has the focus");
  await spoken(page, "Les identités concordent");
  await page.keyboard.press("Enter");
  await page.locator('[data-arrival="2"][data-state="confirmed"]:focus').waitFor();
  assert.deepEqual(await asked(page), ["decide confirm local:2"]);
  await spoken(page, "Arrivée confirmée");
  await page.keyboard.press("F2");
  await page.locator('[data-arrival="3"]:focus').waitFor();
  await close(page);
});

test("keyboard only: birth date, result, patient, verdict, and Escape back through each level", async () => {
  const page = await reception();
  await page.keyboard.press("F3");
  assert.equal(await focused(page), "search-birth-date");
  await page.keyboard.type("01011986");
  assert.equal(await page.locator("#search-birth-date").inputValue(), "01/01/1986");
  await page.locator("[data-record]").first().waitFor(); // a complete date searches by itself, the focus stays where one types
  assert.equal(await focused(page), "search-birth-date");
  await page.keyboard.press("Enter");
  await page.locator('[data-record="local:8"]:focus').waitFor();
  await page.keyboard.press("ArrowDown");
  assert.equal(await focused(page), "local:9");
  await page.keyboard.press("Enter");
  await page.locator("#start-check-in:focus").waitFor();
  await page.keyboard.press("Escape");
  await page.locator('[data-record="local:9"]:focus').waitFor();
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Enter");
  await page.locator("#start-check-in:focus").waitFor();
  await page.keyboard.press("Enter");
  await armed(page);
  await page.keyboard.press("Escape");
  await page.locator("[data-arrival]:focus").waitFor();
  await page.keyboard.press("Escape");
  assert.equal(await page.locator("#search-birth-date").inputValue(), "");
  assert.deepEqual(await asked(page), [], "nothing was decided on the way back");
  await close(page);
});

test("a search that starts by itself never takes the focus from the field, the second time either", async () => {
  const page = await reception();
  await page.keyboard.press("F3");
  await page.keyboard.type("01011986");
  await page.keyboard.press("Enter");
  await page.locator('[data-record="local:8"]:focus').waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("F3");
  await page.keyboard.type("27071981");
  await page.locator('[data-record="local:3"]').waitFor();
  assert.equal(await focused(page), "search-birth-date");
  await close(page);
});

test("the birth date is shaped as it is typed, and never fights a correction", async () => {
  const page = await reception();
  const field = page.locator("#search-birth-date");
  const cases = [
    ["27071981", "27/07/1981"],
    ["27/07/1981", "27/07/1981"],
    ["7/2/1981", "07/02/1981"],
    ["27 07 1981", "27/07/1981"],
    ["00001992", "00/00/1992"],
    ["270719811", "27/07/1981"],
    ["27a07", "27/07/"],
    ["2707|Backspace|Backspace", "27/0"],
    ["27|Backspace|Backspace|2", "22/"],
  ];
  for (const [keys, expected] of cases) {
    await field.fill("");
    for (const part of keys.split("|")) {
      if (part.length > 1 && /[a-z]{2}/.test(part)) await field.press(part);
      else await field.pressSequentially(part);
    }
    assert.equal(await field.inputValue(), expected, keys);
  }
  await field.fill("1981-07-27"); // pasted from elsewhere
  assert.equal(await field.inputValue(), "27/07/1981");
  await close(page);
});

test("an unreadable date and a search too wide are said at the field, and correcting takes them away", async () => {
  const page = await reception();
  for (const [date, name, text, field] of [
    ["0101", "", "ne se lit pas", "#search-birth-date"],
    ["", "D", "trop large", "#search-name"],
  ]) {
    await page.locator("#search-birth-date").fill(date);
    await page.locator("#search-name").fill(name);
    await page.keyboard.press("Enter");
    await page.locator("#search-problem", { hasText: text }).waitFor();
    assert.equal(await page.locator(field).getAttribute("aria-invalid"), "true");
    await page.locator("#search-name").pressSequentially("U");
    await page.locator("#search-problem").waitFor({ state: "detached" });
  }
  await close(page);
});

test("underway: countdown, copy, reopen, information by the host; Escape abandons to a calm verdict", async () => {
  const page = await reception();
  await page.locator('[data-arrival="13"]').click();
  await page.locator("#franceconnect-information").click();
  await page.locator("#start-check-in").click();
  await page.locator("#countdown").waitFor();
  assert.match(await page.locator("#countdown").innerText(), /^(05:00|04:5\d)$/);
  assert.equal(await page.locator("#countdown").getAttribute("aria-live"), "off");
  await spoken(page, "Il reste 5 minutes");
  assert.match(await page.locator("#sign-in-address").inputValue(), /^http:\/\/127\.0\.0\.1:/);
  assert.equal(await page.locator("#search-birth-date").isDisabled(), true);
  await page.keyboard.press("F2");
  await spoken(page, "Une vérification est en cours");
  await page.keyboard.press("c");
  await page.getByText("Adresse copiée").first().waitFor();
  await page.keyboard.press("r");
  await spoken(page, "Navigateur rouvert");
  assert.deepEqual(await asked(page), ["information", "copy", "reopen"]);
  await page.keyboard.press("Escape");
  await page.locator('#verdict[data-outcome="abandoned"]').waitFor();
  await spoken(page, "Vérification abandonnée");
  await armed(page);
  assert.equal(await page.locator("#action-confirm").count(), 0);
  await page.keyboard.press("r");
  await page.locator("#countdown").waitFor();
  await close(page);
});

test("a code read aloud is found as it was heard, while waiting and after giving up; Escape goes back to the wait", async () => {
  const page = await reception();
  await page.locator('[data-arrival="13"]').click();
  await page.locator("#start-check-in").click();
  await page.locator("#countdown").waitFor();
  await page.keyboard.press("e");
  await page.locator("#page-code:focus").waitFor();
  const shown = page.locator(".page-codes li");
  const said = page.locator("dialog[open] [role=status]");
  assert.ok((await shown.count()) > 20, "all of them before a code is typed");
  for (const [heard, code] of [["Y010008", "Y010008"], ["y 01 00 08", "Y010008"], ["OIOOO8", "Y010008"], ["020027", "Y020025"], ["04ea6ef", "Y04EA6EF"]]) {
    await page.locator("#page-code").fill(heard);
    await page.locator(`.page-codes.only [data-code="${code}"]`).waitFor();
    assert.equal(await shown.count(), 1, heard);
  }
  await page.locator("#page-code").fill("Y0100");
  assert.ok((await shown.count()) > 5, "those that it may still be");
  assert.match(await said.innerText(), /causes possibles$/);
  await page.locator("#page-code").fill("Y010015");
  assert.match(await said.innerText(), /Ne commentez pas la raison .* Utilisez la pièce d'identité\.$/);
  await page.locator("#page-code").fill("Y123456");
  await page.locator("#page-code-unknown").waitFor();
  await page.keyboard.press("Escape");
  await page.locator("dialog[open]").waitFor({ state: "detached" });
  assert.equal(await page.locator("#countdown").count(), 1, "the wait goes on");
  await page.keyboard.press("Escape");
  await armed(page);
  await page.keyboard.press("e");
  await page.locator("#page-code:focus").waitFor();
  assert.equal(await page.locator("#page-code").inputValue(), "");
  await close(page);
});

test("a failure after an error page of FranceConnect offers its code, another failure does not", async () => {
  for (const [failure, offered] of [["server-error", 1], ["keys-unavailable", 0]]) {
    const page = await reception(`failure=${failure}`);
    await page.locator('[data-arrival="18"]').click();
    await page.locator("#start-check-in").click();
    await page.locator(`[data-code="${failure}"]`).waitFor();
    assert.equal(await page.locator("#action-page-code").count(), offered, failure);
    await page.keyboard.press("e");
    if (offered) await page.locator("#page-code:focus").waitFor();
    await close(page);
  }
});

test("a sleep and a browser that wants https are said once, on the wait and after it", async () => {
  const page = await reception("noticed=all");
  await page.locator('[data-arrival="13"]').click();
  await page.locator("#start-check-in").click();
  await page.locator('[data-notice="https-wanted"]').waitFor();
  await page.locator('[data-notice="slept"]').waitFor();
  await spoken(page, "mis en veille");
  assert.match(await page.locator("#countdown").innerText(), /^0(2:00|1:5\d)$/);
  await page.keyboard.press("Escape");
  await armed(page);
  assert.equal(await page.locator("#verdict [data-notice]").count(), 2);
  await page.keyboard.press("r");
  await page.locator("#countdown").waitFor();
  await close(page);
});

test("letters typed in a field are text, not commands", async () => {
  const page = await reception();
  await page.locator("#search-name").pressSequentially("PRCN?");
  assert.equal(await page.locator("#search-name").inputValue(), "PRCN?");
  assert.deepEqual(await asked(page), []);
  assert.equal(await page.locator("dialog[open]").count(), 0);
  await close(page);
});

test("a key pressed for the screen before confirms nobody", async () => {
  const page = await reception();
  await page.keyboard.press("Enter");
  await page.locator("#action-confirm").waitFor();
  // In the page, so that both happen before the half second is over.
  const early = await page.evaluate(() => {
    const before = document.querySelector("#verdict").dataset.armed;
    document.querySelector("#action-confirm").click(); // what Enter does on a button: a click without a pointer
    return before;
  });
  assert.equal(early, "false");
  await armed(page);
  assert.deepEqual(await asked(page), []);
  await close(page);
});

test("discordant never offers to confirm, even when the host does", async () => {
  const page = await reception();
  for (const arrival of [5, 7]) {
    await page.locator(`[data-arrival="${arrival}"]`).click();
    await page.locator("#start-check-in").click();
    await page.locator('#verdict[data-outcome="discordant"][data-armed="true"]').waitFor();
    assert.equal(await page.locator("#action-confirm").count(), 0);
    assert.equal(await page.locator('[data-trait="birth-name"]').getAttribute("data-finding"), "conflict");
    assert.equal(await focused(page), "action-paper");
    await page.keyboard.press("Escape");
  }
  await close(page);
});

test("several: nothing is chosen beforehand; arrows compare, Enter chooses, Enter confirms the one chosen", async () => {
  const page = await reception();
  await page.locator('[data-arrival="8"]').click();
  await page.locator("#start-check-in").click();
  await armed(page);
  assert.equal(await focused(page), "local:8");
  assert.equal(await page.locator("#action-confirm").getAttribute("aria-disabled"), "true");
  await page.locator("#action-confirm").click({ force: true });
  assert.deepEqual(await asked(page), []);
  await page.locator('#verdict [data-record="local:8"]').focus();
  await page.keyboard.press("ArrowDown");
  assert.equal(await page.locator('[data-trait="usage-name"] td').first().innerText(), "LEROUX");
  await page.keyboard.press("Enter");
  await page.locator("#action-confirm:focus").waitFor();
  await page.keyboard.press("Enter");
  await page.locator('[data-arrival="8"][data-state="confirmed"]').waitFor();
  assert.deepEqual(await asked(page), ["decide confirm local:9"]);
  await close(page);
});

test("creating beside a record that resembles asks first, and Escape keeps the verdict", async () => {
  const page = await reception();
  await page.locator('[data-arrival="8"]').click();
  await page.locator("#start-check-in").click();
  await armed(page);
  await page.keyboard.press("n");
  await page.locator("#create-anyway").waitFor();
  await page.keyboard.press("Escape");
  await page.locator("#create-anyway").waitFor({ state: "detached" });
  assert.equal(await page.locator("#verdict").count(), 1);
  assert.deepEqual(await asked(page), []);
  await page.keyboard.press("n");
  await page.locator("#create-anyway").click();
  await page.locator('[data-arrival="8"][data-state="created"]').waitFor();
  assert.deepEqual(await asked(page), ["decide create -"]);
  await close(page);
});

test("the session's end may come after the verdict, and one not confirmed is said", async () => {
  const page = await reception();
  await page.locator('[data-arrival="3"]').click();
  await page.locator("#start-check-in").click();
  await page.locator('#session-state[data-confirmed="pending"]').waitFor();
  await page.evaluate(() => dispatchEvent(new Event("signed-out")));
  await page.locator('#session-state[data-confirmed="true"]').waitFor();
  await page.keyboard.press("Escape");
  await page.locator('[data-arrival="4"]').click();
  await page.locator("#start-check-in").click();
  await page.locator('#session-state[data-confirmed="false"]').waitFor();
  await page.getByText("Fermez toutes les fenêtres du navigateur").first().waitFor();
  await page.locator("#action-confirm").click();
  await page.locator(".notice", { hasText: "fermeture non confirmée" }).waitFor();
  await close(page);
});

test("hold: the browser must be said closed before the next sign-in", async () => {
  const page = await reception();
  await page.locator('[data-arrival="14"]').click();
  await page.locator("#start-check-in").click();
  await page.locator("#browser-closed:focus").waitFor();
  await page.keyboard.press("Enter");
  await page.locator('#verdict[data-outcome="concordant"]').waitFor();
  await close(page);
});

test("the patient's phone: one key shows the code, another plays it, Escape gives up, and it starts again as it was", async () => {
  const page = await reception();
  await page.locator("#start-phone").waitFor();
  await page.keyboard.press("t");
  await page.locator("#user-code", { hasText: "WDJB-MJHT" }).waitFor();
  await spoken(page, "WDJB-MJHT");
  assert.equal(await focused(page), "phone-title");
  assert.match(await page.locator("#phone-picture").getAttribute("aria-label"), /relais\.example/);
  assert.equal(await page.locator("#countdown").count(), 1);
  await page.keyboard.press("Escape");
  await page.locator('#verdict[data-outcome="abandoned"]').waitFor();
  assert.equal(await page.getByText("rien ne reste sur ce poste").count(), 1);
  await armed(page);
  await page.keyboard.press("r");
  await page.locator("#user-code").waitFor();
  await page.keyboard.press("j");
  await page.locator('#verdict[data-outcome="concordant"]').waitFor();
  assert.deepEqual(await asked(page), ["phone"]);
  assert.equal(await page.getByText("session fermée sur le téléphone").count(), 1);
  await close(page);
});

test("the phone is played in demonstration only", async () => {
  const page = await reception("environment=production");
  await page.locator("#start-phone").waitFor();
  await page.keyboard.press("t");
  await page.locator("#user-code").waitFor();
  assert.equal(await page.locator("#action-play-phone").count(), 0);
  await page.keyboard.press("j");
  assert.deepEqual(await asked(page), []);
  await close(page);
});

test("an owed sign-out is explained, then the sign-in goes on", async () => {
  const held = await reception("owed=stays");
  await held.locator('[data-arrival="16"]').click();
  await held.locator("#start-check-in").click();
  await held.locator('[data-step="owed"][data-state="current"]', { hasText: "vérification antérieure" }).waitFor();
  await close(held);
  const page = await reception();
  await page.locator('[data-arrival="16"]').click();
  await page.locator("#start-check-in").click();
  await page.locator('#session-state[data-confirmed="true"]').waitFor();
  await close(page);
});

test("a failure shows its reference and its remedy, Escape returns to the list", async () => {
  const page = await reception();
  await page.locator('[data-arrival="15"]').click();
  await page.locator("#start-check-in").click();
  await page.locator("#retry:focus").waitFor();
  await page.getByText("FC-10").waitFor();
  await page.keyboard.press("Escape");
  await page.locator('[data-arrival="15"]:focus').waitFor();
  await close(page);
});

test("a decision that fails loses neither the verdict nor the choice", async () => {
  const page = await reception("decide=refused");
  await page.keyboard.press("Enter");
  await armed(page);
  await page.keyboard.press("Enter");
  await page.getByText("REG-08").waitFor();
  await page.keyboard.press("Escape");
  await armed(page);
  await page.keyboard.press("Enter");
  await page.locator('[data-arrival="2"][data-state="confirmed"]').waitFor();
  await close(page);
});

test("no keychain: retry, or this session only, which the band then repeats", async () => {
  const page = await bench.open("keychain=absent");
  await page.locator("#retry:focus").waitFor();
  await page.keyboard.press("Enter");
  await page.locator("#retry:focus").waitFor();
  await page.keyboard.press("Tab");
  assert.equal(await focused(page), "session-only");
  await page.keyboard.press("Enter");
  await page.getByText("sera oublié à la fermeture").waitFor();
  await close(page);
});

test("the demonstration band is there in demonstration and only there", async () => {
  for (const [settings, count] of [["", 1], ["environment=production", 0]]) {
    const page = await reception(settings);
    assert.equal(await page.getByText("DÉMONSTRATION").count(), count);
    await close(page);
  }
});

test("F9 hides every identity and takes the keyboard; ? lists the keys; Escape and F9 give it back", async () => {
  const page = await reception();
  await page.keyboard.press("F9");
  await page.locator("dialog[open]", { hasText: "Écran masqué" }).waitFor();
  const seen = await page.evaluate(() => {
    const row = document.querySelector("[data-arrival]").getBoundingClientRect();
    return document.elementFromPoint(row.x + 20, row.y + 10)?.closest("[data-arrival]") !== null;
  });
  assert.equal(seen, false, "an arrival can be reached under the mask");
  assert.equal(await page.evaluate(() => getComputedStyle(document.querySelector("dialog[open]"), "::backdrop").backgroundColor), "rgb(244, 242, 238)");
  await page.keyboard.press("F2");
  await page.keyboard.press("p");
  assert.deepEqual(await asked(page), []);
  await page.keyboard.press("F9");
  await page.locator("dialog[open]").waitFor({ state: "detached" });
  await page.locator('[data-arrival="2"]:focus').waitFor();
  await page.keyboard.press("?");
  await page.locator("dialog[open]", { hasText: "Les touches" }).waitFor();
  await page.keyboard.press("Escape");
  await page.locator("dialog[open]").waitFor({ state: "detached" });
  await page.locator('[data-arrival="2"]:focus').waitFor();
  await close(page);
});

test("paper before any check-in, by its letter", async () => {
  const page = await reception();
  await page.keyboard.press("p");
  await page.locator('[data-arrival="2"][data-state="paper"]').waitFor();
  assert.deepEqual(await asked(page), ["paper"]);
  await close(page);
});

test("an arrival already received is not checked again by one Enter too many", async () => {
  const page = await reception();
  await page.keyboard.press("ArrowUp");
  await page.locator('[data-arrival="1"]:focus').waitFor();
  await page.keyboard.press("Enter");
  assert.equal(await focused(page), "start-check-in");
  await close(page);
});
