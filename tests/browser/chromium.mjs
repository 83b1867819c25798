// A real Chromium, driven over its own debugging protocol: what a person does at the keyboard, and what they see.
//
// It is spoken over two pipes, so that nothing has to be installed for it and no port is open.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

// How long anything may take before a test is given up: a page of ours takes some milliseconds.
const PATIENCE_MS = 20_000;

const KEYS = {
  Enter: { code: "Enter", keyCode: 13, text: "\r" },
  Tab: { code: "Tab", keyCode: 9 },
  " ": { code: "Space", keyCode: 32, text: " " },
  ArrowDown: { code: "ArrowDown", keyCode: 40 },
  ArrowUp: { code: "ArrowUp", keyCode: 38 },
  Escape: { code: "Escape", keyCode: 27 },
};

const within = (promise, what) => {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${PATIENCE_MS} ms`)), PATIENCE_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
};

export class Chromium {
  static async start(binary = process.env.STATEWRIGHT_CHROMIUM ?? "chromium") {
    const profile = mkdtempSync(join(tmpdir(), "statewright-chromium-"));
    const flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--hide-scrollbars",
      "--force-color-profile=srgb", "--font-render-hinting=none", "--remote-debugging-pipe", `--user-data-dir=${profile}`, "about:blank"];
    const browser = new Chromium();
    browser.profile = profile;
    browser.calls = new Map();
    browser.listeners = new Set();
    browser.number = 0;
    browser.process = spawn(binary, flags, { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
    browser.process.on("error", (error) => browser.fail(error));
    browser.process.on("exit", () => browser.fail(new Error("Chromium has ended")));
    let rest = "";
    browser.process.stdio[4].setEncoding("utf8").on("data", (data) => {
      const messages = (rest + data).split("\0");
      rest = messages.pop();
      for (const message of messages) browser.hear(JSON.parse(message));
    });
    await browser.send("Browser.getVersion");
    return browser;
  }

  hear(message) {
    const call = this.calls.get(message.id);
    if (call) {
      this.calls.delete(message.id);
      message.error ? call.reject(new Error(`${call.method}: ${message.error.message}`)) : call.resolve(message.result);
    } else for (const listener of [...this.listeners]) listener(message);
  }

  fail(error) {
    for (const call of this.calls.values()) call.reject(error);
    this.calls.clear();
  }

  send(method, params = {}, sessionId = undefined) {
    const id = ++this.number;
    const answer = new Promise((resolve, reject) => this.calls.set(id, { resolve, reject, method }));
    // what is sent to who has ended is answered by `fail`
    this.process.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`, () => {});
    return within(answer, method);
  }

  // A window of its own, with its own cookies.
  async window({ width = 1280, height = 900, dark = false, script = true, touch = false } = {}) {
    const { browserContextId } = await this.send("Target.createBrowserContext");
    const { targetId } = await this.send("Target.createTarget", { url: "about:blank", browserContextId });
    const { sessionId } = await this.send("Target.attachToTarget", { targetId, flatten: true });
    const page = new Page(this, sessionId);
    await page.send("Page.enable");
    await page.send("Runtime.enable");
    await page.send("Log.enable");
    await page.send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: touch });
    await page.send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }, { name: "prefers-reduced-motion", value: "reduce" }] });
    if (!script) await page.send("Emulation.setScriptExecutionDisabled", { value: true });
    return page;
  }

  async end() {
    const ended = new Promise((resolve) => this.process.on("exit", resolve));
    await this.send("Browser.close");
    await within(ended, "Ending Chromium");
    try {
      rmSync(this.profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    } catch {
      // One of its processes is still at it; the folder goes with the other temporary files.
    }
  }
}

export class Page {
  constructor(browser, session) {
    this.browser = browser;
    this.session = session;
    // What the page complained of: a blocked script or style is a fault of ours.
    this.complaints = [];
    browser.listeners.add((message) => {
      if (message.sessionId !== session) return;
      if (message.method === "Runtime.exceptionThrown") this.complaints.push(message.params.exceptionDetails.text);
      if (message.method === "Log.entryAdded" && ["error"].includes(message.params.entry.level) && message.params.entry.source !== "network") {
        this.complaints.push(message.params.entry.text);
      }
    });
  }

  send(method, params) { return this.browser.send(method, params, this.session); }

  // Does something, and waits until the page that it leads to is there.
  async leading(act) {
    const loaded = within(new Promise((resolve) => {
      const listener = (message) => {
        if (message.sessionId === this.session && message.method === "Page.loadEventFired") {
          this.browser.listeners.delete(listener);
          resolve();
        }
      };
      this.browser.listeners.add(listener);
    }), "Loading a page");
    await act();
    await loaded;
  }

  async go(url) {
    await this.leading(async () => {
      const { errorText } = await this.send("Page.navigate", { url });
      if (errorText) throw new Error(`${url}: ${errorText}`);
    });
  }

  async evaluate(expression) {
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", { expression, returnByValue: true, awaitPromise: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  async press(key, { shift = false } = {}) {
    const { code, keyCode, text } = KEYS[key] ?? { code: key, keyCode: key.toUpperCase().charCodeAt(0), text: key };
    const event = { key, code, windowsVirtualKeyCode: keyCode, modifiers: shift ? 8 : 0 };
    await this.send("Input.dispatchKeyEvent", { type: text ? "keyDown" : "rawKeyDown", text, ...event });
    await this.send("Input.dispatchKeyEvent", { type: "keyUp", ...event });
  }

  async type(text) { await this.send("Input.insertText", { text }); }

  // What the keyboard is at: its name as a screen reader would say it.
  async focused() {
    return this.evaluate(`(() => {
      const at = document.activeElement;
      if (!at || at === document.body) return "";
      const label = at.labels?.[0]?.textContent ?? at.getAttribute("aria-label") ?? at.textContent;
      return (label ?? "").replace(/\\s+/g, " ").trim();
    })()`);
  }

  // Tabs on until the keyboard is at what is called so, if it is not there already.
  async tabTo(name, { most = 80 } = {}) {
    for (let count = 0; count <= most; count++) {
      if (count > 0) await this.press("Tab");
      const focused = await this.focused();
      if (typeof name === "string" ? focused === name : name.test(focused)) return focused;
    }
    throw new Error(`The keyboard does not come to ${name} on ${await this.evaluate("location.pathname")}: ${await this.text()}`);
  }

  text() { return this.evaluate("document.querySelector('main')?.innerText ?? document.body.innerText"); }

  path() { return this.evaluate("location.pathname"); }

  // Waits until something holds on the page.
  async until(condition, what = condition) {
    const end = Date.now() + PATIENCE_MS;
    while (!(await this.evaluate(`Boolean(${condition})`))) {
      if (Date.now() > end) throw new Error(`It did not come about that ${what}: ${await this.text()}`);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }

  async screenshot(file, { whole = false } = {}) {
    const { data } = await this.send("Page.captureScreenshot", { format: "png", captureBeyondViewport: whole });
    writeFileSync(file, Buffer.from(data, "base64"));
  }
}
