// Optional enhancements. All pages work without this script.
"use strict";
(() => {
  const root = document.documentElement;
  const status = document.getElementById("status");

  const say = (text) => {
    if (!status) return;
    status.textContent = text;
    status.classList.add("shown");
    clearTimeout(say.timer);
    say.timer = setTimeout(() => { status.classList.remove("shown"); status.textContent = ""; }, 4000);
  };

  // Browsers block the clipboard API without TLS.
  const copy = async (text) => {
    if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "visually-hidden";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (!done) throw new Error("not allowed");
  };

  // Ids by their texts, long commands and secrets by what they are.
  for (const source of document.querySelectorAll("[data-copy]")) {
    const button = document.createElement("button");
    const what = source.dataset.copy;
    button.type = "button";
    button.className = "copy";
    button.ariaLabel = ["command", "key", "secret"].includes(what) ? `Copy the ${what}` : `Copy ${what} ${source.textContent}`.replace("  ", " ");
    source.after(button);
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button.copy");
    if (!button) return;
    const text = button.previousElementSibling.textContent;
    try {
      await copy(text);
      button.classList.add("done");
      setTimeout(() => button.classList.remove("done"), 1500);
      say(text.length > 80 ? "Copied" : `Copied ${text}`);
    } catch {
      say("The browser does not allow copying here. Select the text instead.");
    }
  });

  // A click that ends a selection in a message does not fold or unfold the message.
  document.addEventListener("click", (event) => {
    const message = event.target.closest(".message summary");
    const selection = getSelection();
    if (message && event.detail > 0 && !selection.isCollapsed && selection.containsNode(message, true)) event.preventDefault();
  });

  // The time zone is sent with the key, so that the first page uses it.
  for (const field of document.querySelectorAll("input[data-zone]")) {
    field.value = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
  }

  // Suggests campaign names while the user types.
  for (const field of document.querySelectorAll("input[data-suggest]")) {
    let wanted = 0;
    const suggest = async () => {
      const number = ++wanted;
      // No URL may have a telephone number.
      if (/^[\s\d+()./-]{7,}$/.test(field.value)) return;
      const answer = await fetch(`${field.dataset.suggest}?search=${encodeURIComponent(field.value)}`).catch(() => null);
      if (!answer?.ok || answer.redirected || number !== wanted) return;
      const options = (await answer.json()).map((campaign) => {
        const option = document.createElement("option");
        option.value = campaign._id;
        option.label = campaign.name ? `${campaign.name} (${campaign._id})` : campaign._id;
        return option;
      });
      field.list.replaceChildren(...options);
    };
    let timer;
    field.addEventListener("focus", suggest, { once: true });
    field.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(suggest, 200); });
  }

  // The key / focuses the field that goes to a send or a campaign.
  document.addEventListener("keydown", (event) => {
    const field = document.querySelector(".go input[name=sought]");
    const isTyping = event.target.closest?.("input, select, textarea, [contenteditable]");
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyping || !field) return;
    event.preventDefault();
    field.focus();
    field.select();
  });

  // Previews the request of a webhook while the user edits the template.
  for (const form of document.querySelectorAll("form[data-preview]")) {
    const pane = form.querySelector(".preview");
    let [timer, wanted] = [0, 0];
    const preview = async () => {
      const number = ++wanted;
      const body = new URLSearchParams(new FormData(form));
      const answer = await fetch(form.dataset.preview, { method: "POST", body }).catch(() => null);
      if (!answer?.ok || answer.redirected) return;
      const html = await answer.text();
      if (number === wanted) pane.innerHTML = html;
    };
    form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(preview, 300); });
  }

  // A permission grants those below it.
  const tree = document.querySelector(".tree");
  if (tree) {
    const show = () => {
      for (const box of tree.querySelectorAll("input")) {
        const above = box.closest("ul").parentElement.querySelector(":scope > label > input");
        box.indeterminate = !box.checked && Boolean(above?.checked || above?.indeterminate && above.dataset.granted);
        box.dataset.granted = box.checked || box.indeterminate ? "yes" : "";
      }
    };
    tree.addEventListener("change", show);
    show();
  }

  // On a phone, the time ranges scroll sideways, and the chosen one may be out of sight.
  const range = document.querySelector(".spans a[aria-current]");
  if (range) range.parentElement.scrollLeft = range.offsetLeft - (range.parentElement.clientWidth - range.offsetWidth) / 2;

  // Puts a button to print the page in place of the hint.
  for (const hint of document.querySelectorAll("[data-print]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Print";
    button.addEventListener("click", () => window.print());
    hint.replaceChildren(button);
  }

  // Shows a busy state for slow responses.
  let waiting;
  const wait = () => { waiting = setTimeout(() => root.classList.add("waiting"), 150); };
  const stop = () => { clearTimeout(waiting); root.classList.remove("waiting"); };
  document.addEventListener("submit", wait);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    const isPlain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    if (link && isPlain && !link.hasAttribute("download") && !link.getAttribute("href").startsWith("#")) wait();
  });
  window.addEventListener("pageshow", stop);
})();
