// One order on the page: its form, its text, and the ways in and out of both.

import { made } from "./controls.js";
import { orderForm } from "./form.js";
import { tomlOf } from "./toml.js";

const LARGEST = 200_000;

export function orderPane(side, title, spec, python) {
  const section = document.getElementById(side);
  const form = orderForm(spec, side);
  const shown = made("fieldset", { class: "shown" }, made("legend", { class: "hush" }, title), form.element);
  const blocked = made("p", { class: "note", hidden: true });
  const text = made("textarea", {
    id: `${side}-text`, rows: 16, spellcheck: "false", autocapitalize: "off", "aria-label": `${title} as text`,
  });
  const save = made("button", { type: "button" }, "Save as a file");
  const details = made("details", { class: "text" }, made("summary", {}, "The order as text (TOML)"), text, save);
  const file = made("input", { type: "file", accept: ".toml,text/plain", id: `${side}-file`, class: "hush" });
  const open = made("label", { for: file.id, class: "button" }, "Open a file");
  const empty = made("button", { type: "button" }, "Empty the form");
  const tools = made("div", { class: "tools" }, file, open, empty);
  section.append(tools, blocked, shown, details);

  const changed = () => section.dispatchEvent(new Event("order-changed"));
  const fits = (because) => {
    shown.disabled = Boolean(because);
    blocked.hidden = !because;
    blocked.textContent = because ? `The form is locked, because ${because}. Mend the text below, or empty the form.` : "";
    if (because) details.open = true;
  };
  const fromForm = () => {
    text.value = tomlOf(spec.fields, form.read());
    changed();
  };
  // A form is filled only with all of a text; else it is locked, so that it never shows another order.
  const fill = ({ values, fits: whole, because }) => {
    if (whole) form.write(values);
    fits(whole ? "" : because);
  };
  const fromText = async () => {
    const given = text.value;
    changed();
    const found = await (await python).ask("filled", given);
    if (given === text.value) fill(found);
  };
  const load = async (one) => {
    if (one.size > LARGEST) {
      fits(`${one.name} is larger than an order can be`);
      return;
    }
    text.value = await one.text();
    await fromText();
  };

  form.element.addEventListener("input", fromForm);
  text.addEventListener("input", fromText);
  empty.addEventListener("click", () => {
    form.write({});
    fits("");
    fromForm();
  });
  file.addEventListener("change", () => {
    if (file.files[0]) load(file.files[0]);
    file.value = "";
  });
  save.addEventListener("click", () => {
    const address = URL.createObjectURL(new Blob([text.value], { type: "application/toml" }));
    made("a", { href: address, download: `${side}.toml` }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  });
  section.addEventListener("dragover", (event) => {
    event.preventDefault();
    section.classList.add("over");
  });
  section.addEventListener("dragleave", () => section.classList.remove("over"));
  section.addEventListener("drop", (event) => {
    event.preventDefault();
    section.classList.remove("over");
    if (event.dataTransfer.files[0]) load(event.dataTransfer.files[0]);
  });
  return {
    section,
    tools,
    form,
    text: () => text.value,
    start: (found) => {
      fill(found);
      text.value = tomlOf(spec.fields, form.read());
    },
    put: (values) => {
      form.write(values);
      fits("");
      fromForm();
    },
    reveal: (key) => {
      if (shown.disabled || !form.reveal(key)) {
        details.open = true;
        text.focus();
      }
    },
  };
}
