// Refreshes what the server rendered, counts down, moves the focus. Every page is whole without it.
"use strict";

(() => {
  const main = document.querySelector("[data-live]");
  const bar = document.querySelector("[data-changed]");
  let touched = false;

  // The first thing that is wrong is where one goes on; on a page that is nothing but a form, its first field. Where one points with a finger
  // a keyboard would come up and hide the form.
  const wrong = document.querySelector("[data-focus]");
  const field = document.querySelector("main > form.event :is(input:not([type=hidden]), select, textarea)");
  if (wrong) wrong.focus();
  else if (!matchMedia("(pointer: coarse)").matches && !location.hash) field?.focus({ preventScroll: true });

  document.addEventListener("input", (event) => { if (main?.contains(event.target)) touched = true; });
  document.addEventListener("submit", (event) => {
    // Sent once: the form knows itself again, but the reader need not wonder.
    const button = event.submitter;
    if (button?.name === "check") { event.preventDefault(); check(event.target, "part"); return; }
    if (button && !button.name) setTimeout(() => { button.disabled = true; }, 0);
  });

  // What would become of a form is asked while it is filled in. What was entered stays where it is; files are sent with the form alone.
  const asking = new WeakMap();
  const check = async (form, how) => {
    const region = form.querySelector("[data-check]");
    if (!region) return;
    asking.get(form)?.abort();
    const mine = new AbortController();
    asking.set(form, mine);
    const body = new URLSearchParams();
    for (const [name, value] of new FormData(form)) {
      if (typeof value === "string") body.append(name, value);
      else if (value.size || value.name) body.append("chosen", name);
    }
    body.set("check", how);
    try {
      const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "text/html" }, signal: mine.signal });
      const found = answer.ok && !answer.redirected ? await parsed(answer) : null;
      if (!found?.querySelector("[data-checked]")) throw new Error("no answer");
      show(form, region, found);
    } catch (error) {
      if (error.name !== "AbortError") region.textContent = "This could not be checked. It can be sent all the same.";
    }
  };
  const show = (form, region, found) => {
    const beside = new Map([...found.querySelectorAll("[data-beside]")].map((each) => [each.dataset.beside, each.textContent]));
    const ids = form.dataset.ids;
    for (const slot of form.querySelectorAll(".error[id]")) {
      const id = slot.id.replace(/-error$/, "");
      const sentence = beside.get(id.slice(ids.length)) ?? "";
      if (!slot.querySelector("[data-sentence]")) continue;
      slot.hidden = !sentence;
      slot.querySelector("[data-sentence]").textContent = sentence;
      const control = form.querySelector(`#${CSS.escape(id)}`);
      control?.toggleAttribute("aria-invalid", Boolean(sentence));
      if (sentence) control?.setAttribute("aria-invalid", "true");
      control?.closest(".field, .choice")?.classList.toggle("wrong", Boolean(sentence));
    }
    const fresh = found.querySelector("[data-checked]");
    for (const link of fresh.querySelectorAll("a[href^='#']")) link.setAttribute("href", `#${ids}${link.getAttribute("href").slice(1)}`);
    // read out again only when it says something else
    if (region.textContent !== fresh.textContent) region.replaceChildren(fresh);
  };
  let pause;
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form.event");
    if (!form?.querySelector("[data-check]")) return;
    clearTimeout(pause);
    pause = setTimeout(() => check(form, "meanwhile"), 300);
  });

  const parsed = async (answer) => new DOMParser().parseFromString(await answer.text(), "text/html");

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const search = document.querySelector("[data-search]");
      if (search) { event.preventDefault(); search.focus(); }
    }
  });

  const length = (seconds) => {
    const [days, hours, minutes] = [Math.floor(seconds / 86400), Math.floor(seconds % 86400 / 3600), Math.floor(seconds % 3600 / 60)];
    if (days > 1) return `${days} days`;
    if (days === 1) return hours ? `1 day ${hours} h` : "1 day";
    if (hours) return minutes ? `${hours} h ${minutes} min` : `${hours} h`;
    return `${minutes} min`;
  };
  const count = () => {
    for (const time of document.querySelectorAll("time[data-relative]")) {
      const seconds = Math.trunc((Date.parse(time.dateTime) - Date.now()) / 1000);
      time.textContent = Math.abs(seconds) < 60 ? "now" : seconds > 0 ? `in ${length(seconds)}` : `${length(-seconds)} ago`;
    }
  };
  setInterval(count, 15000);

  const topic = document.body.dataset.topic;
  if (!topic || !main || !window.EventSource) return;

  // How much is unread. The inbox reads no instance: what is on the page is not asked for again for a number in its head.
  const recount = (fresh) => {
    const [now, then] = [document.querySelector("[data-unread]"), fresh?.querySelector("[data-unread]")];
    if (now && then && now.textContent !== then.textContent) now.replaceChildren(...then.childNodes);
  };
  const told = async () => {
    const answer = await fetch("/inbox", { headers: { Accept: "text/html" } });
    if (answer.ok && !answer.redirected) recount(await parsed(answer));
  };

  const refresh = async () => {
    const editing = touched || main.contains(document.activeElement) && document.activeElement.matches("input, textarea, select");
    if (editing) { bar.hidden = false; await told(); return; }
    const answer = await fetch(location.href, { headers: { Accept: "text/html" }, redirect: "follow" });
    if (answer.redirected) { location.assign(answer.url); return; }
    if (!answer.ok) { bar.hidden = false; return; }
    const page = await parsed(answer);
    const fresh = page.querySelector("[data-live]");
    recount(page);
    const focused = document.activeElement?.getAttribute("href");
    const open = [...main.querySelectorAll("details[open] > summary")].map((summary) => summary.textContent);
    main.replaceChildren(...fresh.childNodes);
    for (const summary of main.querySelectorAll("details > summary")) {
      if (open.includes(summary.textContent)) summary.parentElement.open = true;
    }
    if (focused) main.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
    count();
  };
  const pings = new EventSource(`/live?topic=${encodeURIComponent(topic)}`);
  pings.addEventListener("ping", refresh);
  pings.addEventListener("told", told);
  pings.addEventListener("ended", () => { pings.close(); refresh(); });
})();
