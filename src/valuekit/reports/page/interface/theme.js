/* Light or dark: as the system says, until the reader chooses. Kept in memory only. */

/** The page's theme. */
class Theme {
  /** @param {function(): void} changed called after every change */
  constructor(changed) {
    this.changed = changed;
    this.system = matchMedia("(prefers-color-scheme: dark)");
    this.chosen = null;
    this.isPrinting = false;
    this.toggle = place("theme");
    this.toggle.addEventListener("click", () => this.choose(this.name() === "dark" ? "light" : "dark"));
    this.system.addEventListener("change", () => this.apply());
    this.apply();
  }

  /** "light" or "dark"; paper is light. */
  name() {
    if (this.isPrinting) return "light";
    return this.chosen || (this.system.matches ? "dark" : "light");
  }

  choose(name) {
    this.chosen = name;
    this.apply();
  }

  print(yes) {
    this.isPrinting = yes;
    this.apply();
  }

  apply() {
    const name = this.name();
    if (document.documentElement.dataset.theme === name) return;
    document.documentElement.dataset.theme = name;
    this.toggle.textContent = name === "dark" ? "Light theme" : "Dark theme";
    this.changed();
  }
}
