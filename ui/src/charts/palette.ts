/** The colours that charts use, read from the page's tokens so that they follow the theme. */
export interface Palette {
  text: string;
  muted: string;
  border: string;
  surface: string;
  primary: string;
  second: string;
}

export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const token = (name: string) => style.getPropertyValue(name).trim();
  return {
    text: token("--c-text"),
    muted: token("--c-muted"),
    border: token("--c-border"),
    surface: token("--c-surface"),
    primary: token("--c-primary"),
    second: token("--p-at_risk"),
  };
}
