// Themes, search, and what follows the reader. Pages can be read without it.
"use strict";
(() => {
  const root = document.documentElement;
  const memory = {
    get(key) { try { return localStorage.getItem("wayline-doc-" + key); } catch { return null; } },
    set(key, value) { try { localStorage.setItem("wayline-doc-" + key, value); } catch { /* it is only for comfort */ } },
  };

  // Before anything is drawn.
  const themes = ["auto", "light", "dark"];
  let theme = themes.includes(memory.get("theme")) ? memory.get("theme") : "auto";
  const applyTheme = () => {
    if (theme === "auto") root.removeAttribute("data-theme"); else root.dataset.theme = theme;
  };
  applyTheme();

  document.addEventListener("DOMContentLoaded", () => {
    const find = (id) => document.getElementById("doc:" + id);

    const themeButton = find("theme");
    const showTheme = () => { themeButton.textContent = "Theme: " + theme; };
    themeButton.addEventListener("click", () => {
      theme = themes[(themes.indexOf(theme) + 1) % themes.length];
      memory.set("theme", theme);
      applyTheme();
      showTheme();
    });
    showTheme();
    themeButton.hidden = false;

    const code = document.querySelectorAll("details.code");
    const codeButton = find("code");
    const showCode = (open) => {
      codeButton.setAttribute("aria-pressed", String(open));
      code.forEach((one) => { one.open = open; });
    };
    if (code.length > 0) {
      codeButton.hidden = false;
      if (memory.get("code") === "true") showCode(true);
      codeButton.addEventListener("click", () => {
        const open = codeButton.getAttribute("aria-pressed") !== "true";
        memory.set("code", String(open));
        showCode(open);
      });
    }

    // On narrow screens the list of interfaces stands above the text, and is folded.
    const side = document.querySelector(".side details");
    if (side && matchMedia("(max-width: 60rem)").matches) side.open = false;

    // Paper has no folds.
    let folded = [];
    addEventListener("beforeprint", () => {
      folded = [...code].filter((one) => !one.open);
      folded.forEach((one) => { one.open = true; });
    });
    addEventListener("afterprint", () => folded.forEach((one) => { one.open = false; }));

    follow();
    search(find("search"), find("results"));
  });

  // Marks the interface that is being read in the list beside the text.
  function follow() {
    const links = new Map([...document.querySelectorAll(".side a")].map((one) => [decodeURIComponent(one.hash.slice(1)), one]));
    const headings = [...document.querySelectorAll("main h2[id]")].filter((one) => links.has(one.id));
    if (headings.length === 0) return;
    let current = null;
    let waiting = false;
    const update = () => {
      waiting = false;
      let low = 0;
      let high = headings.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (headings[middle].getBoundingClientRect().top < 140) low = middle + 1; else high = middle;
      }
      const next = low > 0 ? links.get(headings[low - 1].id) : null;
      if (next === current) return;
      if (current) current.removeAttribute("aria-current");
      if (next) {
        next.setAttribute("aria-current", "true");
        const side = next.closest(".side");
        if (side.scrollHeight > side.clientHeight) {
          const [at, within] = [next.getBoundingClientRect(), side.getBoundingClientRect()];
          if (at.top < within.top || at.bottom > within.bottom) side.scrollTop += at.top - within.top - within.height / 3;
        }
      }
      current = next;
    };
    addEventListener("scroll", () => {
      if (!waiting) { waiting = true; requestAnimationFrame(update); }
    }, { passive: true });
    update();
  }

  function search(input, results) {
    const form = input.closest("form");
    form.hidden = false;
    let rows = null;
    let chosen = -1;

    // The index is a script, since pages from files may not read other files.
    const load = () => {
      if (rows) return;
      rows = [];
      const script = document.createElement("script");
      script.src = "wayline-search.js";
      script.onload = () => {
        rows = window.waylineSearch.map((row) => ({ row, key: row[0].toLowerCase(), about: row[3].toLowerCase() }));
        show();
      };
      document.head.append(script);
    };

    const ranks = ["protocol", "interface", "request", "event", "enum", "entry"];
    // Names that are, start with or have what was typed, then summaries that have all its words.
    const score = ({ row, key, about }, text, words) => {
      const last = key.slice(key.lastIndexOf(".") + 1);
      const kind = ranks.indexOf(row[1]) / 10 + row[0].length / 1000;
      if (key === text || last === text) return kind;
      if (key.startsWith(text)) return 1 + kind;
      if (last.startsWith(text)) return 2 + kind;
      if (key.includes(text)) return 3 + kind;
      if (words.every((word) => key.includes(word))) return 4 + kind;
      if (words.every((word) => key.includes(word) || about.includes(word))) return 5 + kind;
      return Infinity;
    };

    const close = () => {
      results.hidden = true;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    };
    const choose = (next) => {
      const links = [...results.querySelectorAll("a")];
      chosen = links.length === 0 ? -1 : (next + links.length) % links.length;
      links.forEach((link, at) => link.setAttribute("aria-selected", String(at === chosen)));
      if (chosen < 0) return input.removeAttribute("aria-activedescendant");
      input.setAttribute("aria-activedescendant", links[chosen].id);
      links[chosen].scrollIntoView({ block: "nearest" });
    };
    const span = (name, text) => {
      const element = document.createElement("span");
      element.className = name;
      element.textContent = text;
      return element;
    };
    const show = () => {
      const text = input.value.trim().toLowerCase().replace(/::/g, ".");
      if (text === "" || !rows) return close();
      const words = text.split(/[\s.]+/).filter((word) => word !== "");
      const found = rows.map((one) => [score(one, text, words), one.row]).filter(([rank]) => rank < Infinity);
      found.sort(([one], [other]) => one - other);
      results.replaceChildren(...found.slice(0, 40).map(([, [name, kind, href, about]], at) => {
        const link = document.createElement("a");
        link.href = href;
        link.id = "doc:result:" + at;
        link.tabIndex = -1;
        link.setAttribute("role", "option");
        const title = document.createElement("code");
        title.textContent = name;
        link.append(title, span("what", kind));
        if (about) link.append(span("about", about));
        link.addEventListener("click", close);
        return link;
      }));
      if (found.length === 0) {
        const none = document.createElement("p");
        none.textContent = window.waylineSearch ? "Nothing has this name." : "…";
        results.append(none);
      }
      results.hidden = false;
      input.setAttribute("aria-expanded", "true");
      choose(0);
    };

    input.addEventListener("focus", () => { load(); show(); });
    input.addEventListener("input", show);
    input.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown") { choose(chosen + 1); event.preventDefault(); }
      if (event.key === "ArrowUp") { choose(chosen - 1); event.preventDefault(); }
      if (event.key === "Escape") { close(); input.blur(); }
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const link = results.querySelectorAll("a")[chosen];
      if (link && !results.hidden) { input.blur(); link.click(); }
    });
    document.addEventListener("pointerdown", (event) => { if (!form.contains(event.target)) close(); });
    document.addEventListener("keydown", (event) => {
      const typing = event.target instanceof Element && event.target.closest("input, textarea, select, [contenteditable]");
      if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
        event.preventDefault();
        input.focus();
        input.select();
      }
    });
  }
})();
