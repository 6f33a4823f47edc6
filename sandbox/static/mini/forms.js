// Built-in components of forms. Their native events stay inside: only the platform's own go out.
import { child } from "./components.js";

const quiet = (node, ...names) => {
  for (const name of names) node.addEventListener(name, (event) => event.stopPropagation());
};

// What a form collects: a control names itself and tells its value.
const control = (component, value, reset) => {
  component.dom.wxControl = { name: () => component.data.name, value, reset };
};

function typed(tag) {
  return {
    isVoid: true,
    properties: {
      value: { type: String, value: "" }, type: String, password: Boolean, placeholder: String, placeholderStyle: String, placeholderClass: String,
      disabled: Boolean, maxlength: { type: Number, value: 140 }, cursorSpacing: null, autoFocus: Boolean, focus: Boolean, confirmType: String,
      confirmHold: Boolean, cursor: null, selectionStart: null, selectionEnd: null, adjustPosition: null, holdKeyboard: null, name: String,
      autoHeight: Boolean, fixed: Boolean, showConfirmBar: null, disableDefaultPadding: null, alwaysEmbed: null,
    },
    made() {
      const native = (this.native = child(this.dom, tag, tag === "input" ? { type: "text", autocomplete: "off" } : {}));
      quiet(native, "input", "change", "submit");
      native.addEventListener("input", () => {
        const told = { value: native.value, cursor: native.selectionStart ?? native.value.length, keyCode: 0 };
        this.setData({ value: native.value });
        this.triggerEvent("input", told);
        grow(this);
      });
      native.addEventListener("focus", () => this.triggerEvent("focus", { value: native.value, height: 0 }));
      native.addEventListener("blur", () => this.triggerEvent("blur", { value: native.value, cursor: native.value.length }));
      native.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" || (tag === "textarea" && !event.ctrlKey)) return;
        event.preventDefault();
        this.triggerEvent("confirm", { value: native.value });
      });
      native.maxLength = this.data.maxlength < 0 ? 1e6 : this.data.maxlength;
      control(this, () => native.value, () => { this.setData({ value: "" }); });
    },
    ready() {
      if (this.data.autoFocus) this.native.focus();
      grow(this);
    },
    changes: {
      value(value) {
        if (this.native.value !== value) this.native.value = value ?? "";
        grow(this);
      },
      type(value) {
        const modes = { number: "numeric", digit: "decimal", idcard: "text", "safe-password": "text" };
        if (tag === "input") this.native.inputMode = modes[value] || "text";
        if (value === "safe-password") this.native.type = "password";
      },
      password(value) { this.native.type = value ? "password" : "text"; },
      placeholder(value) { this.native.placeholder = value || ""; },
      disabled(value) { this.native.disabled = Boolean(value); },
      maxlength(value) { this.native.maxLength = value < 0 ? 1e6 : value; },
      focus(value) { if (value) this.native.focus(); else if (document.activeElement === this.native) this.native.blur(); },
      ariaLabel(value) { this.native.setAttribute("aria-label", value); },
      name(value) { this.native.name = value; },
      autoHeight() { grow(this); },
    },
  };
}

function grow(component) {
  if (!component.data.autoHeight) return;
  component.native.style.height = "auto";
  component.dom.style.height = "auto";
  component.native.style.height = `${component.native.scrollHeight}px`;
}

// checkbox and radio report to the nearest group.
function choice(type, group) {
  return {
    properties: { value: null, checked: Boolean, disabled: Boolean, color: String, name: String },
    made() {
      const native = (this.native = document.createElement("input"));
      native.type = type;
      this.dom.prepend(native);
      quiet(native, "input", "change", "click");
      native.addEventListener("change", () => this.choose(native.checked));
      this.choose = (isChecked) => {
        if (this.data.disabled) return;
        const around = this.dom.closest(group);
        if (type === "radio") for (const other of around?.querySelectorAll("wx-radio") || []) other.wxComponent.mark(other === this.dom);
        else this.mark(isChecked);
        around?.wxComponent.told();
      };
      this.mark = (isChecked) => {
        native.checked = isChecked;
        this.setData({ checked: isChecked });
      };
      this.dom.addEventListener("click", (event) => {
        if (event.target !== native && !this.dom.closest("wx-label")) this.choose(type === "radio" ? true : !native.checked);
      });
    },
    changes: {
      checked(value) { this.native.checked = Boolean(value); },
      disabled(value) { this.native.disabled = Boolean(value); },
      color(value) { this.dom.style.setProperty("--choice", value); },
      ariaLabel(value) { this.native.setAttribute("aria-label", value); },
    },
  };
}

function choiceGroup(item, isMany) {
  return {
    properties: { name: String },
    made() {
      const marked = () => [...this.dom.querySelectorAll(item)].filter((node) => node.wxComponent.native.checked).map((node) => String(node.wxComponent.data.value ?? ""));
      const value = () => (isMany ? marked() : marked()[0] ?? "");
      this.told = () => this.triggerEvent("change", { value: value() }, { bubbles: true });
      control(this, value, () => { for (const node of this.dom.querySelectorAll(item)) node.wxComponent.mark(false); });
    },
  };
}

const label = {
  properties: { for: String },
  made() {
    this.dom.addEventListener("click", (event) => {
      if (event.target.matches("input, textarea")) return;
      const named = this.data.for && [...document.querySelectorAll(`[id$="--${CSS.escape(this.data.for)}"], #${CSS.escape(this.data.for)}`)][0];
      const target = named || this.dom.querySelector("wx-checkbox, wx-radio, wx-switch, wx-button, wx-input, wx-textarea");
      const inside = target?.wxComponent;
      if (!inside || target.contains(event.target) && target.matches("wx-button, wx-switch")) return;
      if (inside.choose) inside.choose(target.matches("wx-radio") ? true : !inside.native.checked);
      else inside.native?.focus();
    });
  },
};

const toggle = {
  isVoid: true,
  properties: { checked: Boolean, disabled: Boolean, type: { type: String, value: "switch" }, color: String, name: String },
  made() {
    const native = (this.native = child(this.dom, "input", { type: "checkbox", role: "switch" }));
    quiet(native, "input", "change");
    this.choose = (isChecked) => {
      if (this.data.disabled) return;
      native.checked = isChecked;
      this.setData({ checked: isChecked });
      this.triggerEvent("change", { value: isChecked });
    };
    native.addEventListener("change", () => this.choose(native.checked));
    control(this, () => native.checked, () => this.setData({ checked: false }));
  },
  changes: {
    checked(value) { this.native.checked = Boolean(value); },
    disabled(value) { this.native.disabled = Boolean(value); },
    type(value) { this.dom.setAttribute("type", value); },
    color(value) { this.dom.style.setProperty("--choice", value); },
    ariaLabel(value) { this.native.setAttribute("aria-label", value); },
  },
};

const slider = {
  isVoid: true,
  properties: { min: { type: Number, value: 0 }, max: { type: Number, value: 100 }, step: { type: Number, value: 1 }, value: { type: Number, value: 0 }, disabled: Boolean, showValue: Boolean, color: String, activeColor: String, backgroundColor: String, selectedColor: String, blockSize: null, blockColor: String, name: String },
  made() {
    const native = (this.native = child(this.dom, "input", { type: "range" }));
    quiet(native, "input", "change");
    native.addEventListener("input", () => this.triggerEvent("changing", { value: Number(native.value) }));
    native.addEventListener("change", () => { this.setData({ value: Number(native.value) }); this.triggerEvent("change", { value: Number(native.value) }); });
    Object.assign(native, { min: this.data.min, max: this.data.max, step: this.data.step, value: this.data.value });
    control(this, () => Number(native.value), () => this.setData({ value: this.data.min }));
  },
  changes: {
    min(value) { this.native.min = value; }, max(value) { this.native.max = value; }, step(value) { this.native.step = value; },
    value(value) { this.native.value = value; }, disabled(value) { this.native.disabled = Boolean(value); },
    activeColor(value) { this.dom.style.setProperty("--choice", value); }, ariaLabel(value) { this.native.setAttribute("aria-label", value); },
  },
};

const picker = {
  properties: { mode: { type: String, value: "selector" }, range: null, rangeKey: String, value: null, start: String, end: String, fields: String, disabled: Boolean, headerText: String, customItem: null, level: String, name: String },
  made(world) {
    this.dom.setAttribute("role", "button");
    this.dom.tabIndex = 0;
    this.addListener("tap", async () => {
      if (this.data.disabled) return;
      const value = await world.dialogs.pick(this.data);
      if (value === null) return this.triggerEvent("cancel", {});
      this.setData({ value });
      this.triggerEvent("change", { value });
    });
    control(this, () => this.data.value ?? null, () => this.setData({ value: null }));
  },
};

// A form reads the controls inside it, in the platform's shapes.
const form = {
  properties: { reportSubmit: Boolean, reportSubmitTimeout: null },
  made() {
    const controls = () => [...this.dom.querySelectorAll("*")].filter((node) => node.wxControl?.name()).map((node) => node.wxControl);
    this.submit = () => this.triggerEvent("submit", { value: Object.fromEntries(controls().map((one) => [one.name(), one.value()])), formId: "" });
    this.reset = () => {
      for (const one of controls()) one.reset();
      this.triggerEvent("reset", {});
    };
  },
};

export const FORM_COMPONENTS = {
  input: typed("input"), textarea: typed("textarea"), label, form, picker, slider, switch: toggle,
  checkbox: choice("checkbox", "wx-checkbox-group"), radio: choice("radio", "wx-radio-group"),
  "checkbox-group": choiceGroup("wx-checkbox", true), "radio-group": choiceGroup("wx-radio", false),
};
