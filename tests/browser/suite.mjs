// What people do at the keyboard, in a real browser: with script and without. Run by the tests, which start the server and say in the
// environment where it is and who may sign in.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import assert from "node:assert/strict";
import { Chromium } from "./chromium.mjs";

const { url, people, pictures } = JSON.parse(process.env.STATEWRIGHT_BROWSER);
const axe = (() => {
  try {
    return readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  } catch {
    return null;
  }
})();

// With the password that the operator gave, which is changed at once; with their own from then on.
const own = new Map();
async function signIn(page, name) {
  await page.go(`${url}/tasks`);
  assert.equal(await page.path(), "/sign-in");
  await page.tabTo("Name");
  await page.type(name);
  await page.tabTo("Password");
  await page.type(own.get(name) ?? people[name]);
  await page.leading(() => page.press("Enter"));
  if (own.has(name)) return;
  const password = `lamp over the river of ${name}`;
  await page.tabTo("Present password");
  await page.type(people[name]);
  await page.tabTo("New password");
  await page.type(password);
  await page.tabTo("New password again");
  await page.type(password);
  await page.leading(() => page.press("Enter"));
  own.set(name, password);
}

// Nothing that axe finds serious, and nothing that the page itself complains of.
async function healthy(page, what) {
  assert.deepEqual(page.complaints, [], `${what} complains`);
  if (!axe) throw new Error("axe-core is not installed: run `npm ci` in tests/browser");
  await page.evaluate(axe);
  const found = await page.evaluate(`axe.run(document, { resultTypes: ["violations"] }).then((found) => found.violations
    .filter((violation) => ["serious", "critical"].includes(violation.impact))
    .map((violation) => violation.id + ": " + violation.nodes.map((node) => node.html.slice(0, 120)).join(" | ")))`);
  assert.deepEqual(found, [], `axe finds on ${what}`);
}

const follow = (page) => page.leading(() => page.press("Enter"));

async function dayOfWork(browser, script) {
  const page = await browser.window({ script });
  const look = async (what) => { if (script) await healthy(page, what); };
  await signIn(page, script ? "ines" : "ingo");
  assert.equal(await page.path(), "/tasks");
  await look("the list of tasks");
  // what breaks first is on top
  const order = script ? "A-1" : "B-1";
  await page.tabTo(new RegExp(`^Inspect pair ${order}`));
  await follow(page);
  await look("a task");
  await page.tabTo("Claim it");
  await follow(page);
  assert.match(await page.text(), /Yours/);

  // blocked: by what, as a link
  assert.match(await page.text(), /A report on this pair is still open/);
  const task = await page.evaluate("location.href");
  await page.tabTo(/^report\/\d+$/);
  await follow(page);
  assert.match(await page.text(), /Report \d+/);
  await look("an instance");
  await page.go(task);

  // what is wrong stands beside the field
  await page.tabTo("Largest deviation");
  await page.type("0.50");
  await page.tabTo("Your password");
  await page.type(own.get(script ? "ines" : "ingo"));
  await follow(page);
  assert.match(await page.text(), /more than 0\.25 D is not passed/);
  await look("a form that was refused");
  await page.tabTo(/^Largest deviation/);
  await page.evaluate("document.activeElement.select()");
  await page.type("0.12");
  await page.tabTo("Your password");
  await page.type(own.get(script ? "ines" : "ingo"));
  await follow(page);
  const after = await page.text();
  assert.match(after, new RegExp(`Done\\.\\s+Pair ${order} is now: Passed`));
  // and what breaks first now is there already
  assert.match(after, /Inspect pair A-2/);
  for (const path of ["/instances", "/start", `/instances/pair/${order}/trail`, "/workflows", "/workflows/pair", "/account", "/nowhere"]) {
    await page.go(url + path);
    await look(path);
  }
}

// What would become of a form is asked before it is sent, by the button and, with script, while it is filled in. Nothing entered is lost, and
// nothing kept.
async function checkedBeforeSent(browser, script) {
  const page = await browser.window({ script });
  await signIn(page, script ? "ines" : "ingo");
  await page.go(`${url}/instances/pair/${script ? "E-1" : "E-2"}/events/PASS`);
  const trail = async () => {
    const answer = await page.evaluate(`fetch(location.pathname.replace(/events.*/, "trail")).then((answer) => answer.text())`);
    return answer.split("<li").length;
  };
  const before = script ? await trail() : null;
  // a page that is nothing but a form begins in its first field
  if (script) assert.equal(await page.focused(), "Largest deviation");
  await page.tabTo("Largest deviation");
  await page.type("0.50");
  if (script) {
    // leaving the field asks; the answer is read out, and stands where it moves nothing
    await page.tabTo("Your password");
    await page.until(`document.querySelector("[data-check]").innerText.includes("more than 0.25 D is not passed")`);
    await healthy(page, "a form that was checked while it was filled in");
  } else {
    await page.tabTo("Check");
    await follow(page);
  }
  assert.match(await page.text(), /This would not be taken/);
  assert.match(await page.text(), /more than 0\.25 D is not passed/);
  assert.equal(await page.evaluate(`document.querySelector("[name='with.deviation']").value`), "0.50", "what was entered is still there");
  await page.tabTo(/^Largest deviation/);
  await page.evaluate("document.activeElement.select()");
  await page.type("0.12");
  await page.tabTo("Check");
  if (script) {
    await page.press("Enter");
    await page.until(`document.querySelector("[data-check]").innerText.includes("This would be taken")`);
    await page.screenshot(`${pictures}/checked-wide-light.png`);
  } else await follow(page);
  const found = await page.text();
  assert.match(found, /This would be taken, with your signature\. It is then: Passed/);
  assert.match(found, /nothing was sent/);
  if (script) assert.equal(await trail(), before, "a check leaves nothing in the trail");
  await page.go(`${url}/instances/pair/${script ? "E-1" : "E-2"}`);
  assert.equal(await page.evaluate(`document.querySelector(".head .tags").innerText.trim()`), "Inspection", "a check takes nothing");
}

async function twoAtOneTask(browser) {
  const [first, second] = [await browser.window(), await browser.window()];
  await signIn(first, "ines");
  await signIn(second, "ingo");
  for (const page of [first, second]) {
    await page.go(`${url}/tasks`);
    await page.tabTo(/^Inspect pair C-1/);
    await follow(page);
  }
  await second.send("Emulation.setScriptExecutionDisabled", { value: true });
  await first.tabTo("Claim it");
  await follow(first);
  await second.tabTo("Claim it");
  await follow(second);
  assert.match(await second.text(), /ines/, "the other one is told who has it");
}

async function pageThatIsOpen(browser) {
  const [watching, working] = [await browser.window(), await browser.window()];
  await signIn(watching, "ines");
  await signIn(working, "ingo");
  await watching.go(`${url}/instances/pair/D-1`);
  assert.match(await watching.text(), /Nobody has it|Inspect pair D-1/);
  await working.go(`${url}/tasks`);
  await working.tabTo(/^Inspect pair D-1/);
  await follow(working);
  await working.tabTo("Claim it");
  await follow(working);
  await watching.until(`document.querySelector("main").innerText.includes("ingo has it")`);
  // whoever is typing is not disturbed
  await watching.go(`${url}/tasks`);
  await watching.tabTo(/^Inspect pair A-2/);
  await follow(watching);
  await watching.tabTo("Largest deviation");
  await watching.type("0.1");
  await working.go(`${url}/tasks`);
  await working.tabTo(/^Inspect pair A-2/);
  await follow(working);
  await working.tabTo("Claim it");
  await follow(working);
  await watching.until(`!document.querySelector("[data-changed]").hidden`);
  assert.equal(await watching.evaluate("document.activeElement.value"), "0.1");
}

// Somebody asks, somebody else answers; who waits for it sees the number beside the inbox grow although nobody reloads the page.
async function questionAndAnswer(browser, script) {
  const [asking, answering] = [await browser.window({ script }), await browser.window()];
  await signIn(asking, "ines");
  await signIn(answering, "dita");
  const say = async (page, event, field, words) => {
    await page.go(`${url}/instances/report/1/events/${event}`);
    await page.tabTo(field);
    await page.type(words);
    await follow(page);
  };
  const unread = (page) => page.evaluate(`document.querySelector(".unread-count")?.textContent ?? "0"`);
  const [question, answer] = script ? ["Is it the left lens?", "The right one."] : ["Which tray was it?", "Tray 14."];
  await say(asking, "ASK", "Question", question);
  await answering.go(`${url}/inbox`);
  assert.match(await answering.text(), new RegExp(`New\\s+${question.replace("?", "\\?")}`));
  await healthy(answering, "the inbox");
  await asking.go(`${url}/tasks`);
  const before = await unread(asking);
  await say(answering, "ANSWER", "Answer", answer);
  if (script) await asking.until(`document.querySelector(".unread-count")?.textContent === "${Number(before) + 1}"`);
  await asking.go(`${url}/inbox`);
  assert.equal(await unread(asking), String(Number(before) + 1));
  assert.match(await asking.text(), new RegExp(`New\\s+${answer}`));
  await asking.tabTo(/^Mark all as read/);
  await follow(asking);
  assert.equal(await asking.path(), "/inbox");
  assert.equal(await unread(asking), "0");
  assert.doesNotMatch(await asking.text(), /New/);
  assert.match(await asking.text(), new RegExp(answer), "what was read is still there");
}

// The same where one works: asked on the instance's page, answered under the question, seen there without a reload, and marked as read.
async function talkedAboutAReport(browser, script) {
  const [asking, answering] = [await browser.window(), await browser.window({ script })];
  await signIn(asking, "ingo");
  await signIn(answering, "dita");
  const [question, answer] = script ? ["Which machine measured it?", "Lensmeter 2."] : ["And who was it?", "The early shift."];
  const report = `${url}/instances/report/2`;
  const unread = (page) => page.evaluate(`document.querySelector("#conversation .unread-count")?.textContent ?? "0"`);
  await asking.go(report);
  await asking.tabTo("Question");
  await asking.type(question);
  await follow(asking);
  assert.equal(await asking.evaluate("location.hash"), "#conversation");
  assert.match(await asking.text(), new RegExp(`You to Desk[^]*${question.replace("?", "\\?")}[^]*Nobody has read it yet`));
  if (script) {
    await answering.go(report);
    assert.equal(await unread(answering), "1");
    await healthy(answering, "a conversation with something new");
  }
  // from the inbox to where it is answered
  await answering.go(`${url}/inbox`);
  await answering.tabTo(`Reply: ${question}`);
  await answering.leading(() => answering.press("Enter"));
  assert.equal(await answering.path(), "/instances/report/2");
  await answering.tabTo("Answer");
  await follow(answering);
  assert.match(await answering.text(), /It was not taken/, "an answer without words is refused beside its field");
  // the field, not the link to it above the form
  await answering.tabTo(/^Answer(?! must)/);
  await answering.type(answer);
  await follow(answering);
  assert.equal(await unread(answering), "0", "who answers has read the question");
  // nobody has touched the other page since
  await asking.until(`document.querySelector("main").innerText.includes(${JSON.stringify(answer)})`);
  assert.equal(await unread(asking), "1");
  assert.match(await asking.text(), new RegExp(`New\\s+dita to Inspector[^]*${answer}`));
  assert.match(await asking.text(), /Read by dita/);
  await healthy(asking, "a conversation with an answer");
  await asking.tabTo(/^Mark as read/);
  await follow(asking);
  assert.equal(await unread(asking), "0");
  await answering.go(report);
  assert.match(await answering.text(), /Read by ingo/);
}

// Every place that somebody's pages lead to, and what lies behind them, for everybody who has other places than the rest.
async function everyPlace(browser) {
  const behind = {
    ines: ["/account", "/account/password", "/search?q=A", "/search?q=nowhere", "/instances/pair/A-2", "/instances/pair/A-2/trail", "/instances/pair/A-2?size=whole"],
    dita: ["/start/pair", "/instances?workflow=report&state=open"],
    olga: ["/workflows/pair", "/nowhere"],
    aude: ["/instances/pair/A-2", "/instances/pair/A-2/trail"],
  };
  for (const [name, more] of Object.entries(behind)) {
    const dark = name === "ines" || name === "aude";
    const page = await browser.window({ dark });
    await signIn(page, name);
    const places = await page.evaluate(`[...document.querySelectorAll("header nav a")].map((place) => place.getAttribute("href"))`);
    assert.ok(places.length > 3, `${name} has places to go to: ${places}`);
    for (const path of [...places, ...more]) {
      page.complaints.length = 0;
      await page.go(url + path);
      // a page that is not there is one, too, and the browser says so
      if (path === "/nowhere") page.complaints.length = 0;
      await healthy(page, `${path} of ${name}`);
    }
  }
}

async function pictureOf(browser, name, path, window, user) {
  const page = await browser.window(window);
  await signIn(page, user);
  await page.go(url + path);
  const boxes = await page.evaluate(`[...document.querySelectorAll(".statewright-diagram rect.shape")].map((box) => box.getBoundingClientRect().height)`);
  assert.ok(boxes.length > 0 === path.startsWith("/instances/") && boxes.every((height) => height > 10), `${name} shows its states as boxes: ${boxes}`);
  await page.screenshot(`${pictures}/${name}.png`);
  assert.ok(await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), `${name} is wider than its window`);
}

// What auditors read: who did what, who has looked, and one trail; on a phone as well.
async function auditing(browser) {
  for (const window of [WIDE, { ...PHONE, dark: true }]) {
    const page = await browser.window(window);
    await signIn(page, "aude");
    for (const path of ["/trail", "/trail?event=start&workflow=pair", "/trail?from=yesterday", "/accesses", "/accesses?who=ines", "/instances/pair/A-1/trail"]) {
      await page.go(url + path);
      await page.evaluate(`document.querySelectorAll("details").forEach((each) => { each.open = true; })`);
      await healthy(page, path);
      assert.ok(await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), `${path} is wider than its window`);
    }
    assert.match(await page.text(), /This trail is whole/);
    await page.go(`${url}/accesses?who=ines`);
    assert.match(await page.text(), /ines/);
    assert.doesNotMatch(await page.text(), /Pia Pair/);
  }
}

const WIDE = { width: 1280, height: 800 };
const TABLET = { width: 820, height: 1180 };
const PHONE = { width: 390, height: 844, touch: true };
const scenarios = {
  "a day of work by keyboard alone": (browser) => dayOfWork(browser, true),
  "a day of work by keyboard alone, without script": (browser) => dayOfWork(browser, false),
  "a form is checked before it is sent": (browser) => checkedBeforeSent(browser, true),
  "a form is checked before it is sent, without script": (browser) => checkedBeforeSent(browser, false),
  "two people take one task: one has it, the other is told who": twoAtOneTask,
  "an open page shows what somebody else did": pageThatIsOpen,
  "a question and its answer: what is new is counted without reload until it is read": (browser) => questionAndAnswer(browser, true),
  "a question and its answer, without script": (browser) => questionAndAnswer(browser, false),
  "a conversation where one works: answered under the question, seen without reload": (browser) => talkedAboutAReport(browser, true),
  "a conversation where one works, answered without script": (browser) => talkedAboutAReport(browser, false),
  "an auditor goes through what happened and who has looked": auditing,
  "axe finds nothing serious in any place": everyPlace,
  "pages fit a wide screen, a tablet and a phone, in light and dark": async (browser) => {
    for (const [size, window] of Object.entries({ wide: WIDE, tablet: TABLET, phone: PHONE })) {
      for (const dark of [false, true]) {
        const shade = dark ? "dark" : "light";
        await pictureOf(browser, `tasks-${size}-${shade}`, "/tasks", { ...window, dark }, "ines");
        await pictureOf(browser, `inbox-${size}-${shade}`, "/inbox", { ...window, dark }, "ines");
        await pictureOf(browser, `conversation-${size}-${shade}`, "/instances/report/2", { ...window, dark }, "ines");
        await pictureOf(browser, `pair-${size}-${shade}`, "/instances/pair/A-2", { ...window, dark }, "ines");
      }
    }
  },
};

const browser = await Chromium.start();
let failed = 0;
try {
  for (const [name, scenario] of Object.entries(scenarios)) {
    try {
      await scenario(browser);
      console.log(`ok     ${name}`);
    } catch (error) {
      failed += 1;
      console.log(`failed ${name}\n${error.stack}`);
    }
  }
} finally {
  await browser.end();
}
process.exitCode = failed ? 1 : 0;
