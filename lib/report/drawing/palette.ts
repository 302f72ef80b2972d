/**
 * Colours by what they stand for. Drawings are made with the `mark` of each, a colour that appears nowhere else; the
 * mark is then replaced by a CSS variable for the page, which knows light and dark, or by the light colour for a PNG.
 */
export interface Colour {
  readonly mark: string;
  readonly light: string;
  readonly dark: string;
}

export type ColourName =
  | 'paper'
  | 'ink'
  | 'quiet'
  | 'rule'
  | 'line'
  | 'usual'
  | 'anomaly'
  | 'incident'
  | 'label';

/** Contrast of ink and quiet on paper is above 4.5 : 1 in both. */
export const PALETTE: Readonly<Record<ColourName, Colour>> = {
  paper: { mark: '#0a0b01', light: '#ffffff', dark: '#15181c' },
  ink: { mark: '#0a0b02', light: '#1d2329', dark: '#e4e7ea' },
  quiet: { mark: '#0a0b03', light: '#5b6670', dark: '#9aa5b0' },
  rule: { mark: '#0a0b04', light: '#e3e7ea', dark: '#2b3138' },
  line: { mark: '#0a0b05', light: '#2f6f9f', dark: '#7fb6de' },
  usual: { mark: '#0a0b06', light: '#2f6f9f', dark: '#7fb6de' },
  anomaly: { mark: '#0a0b07', light: '#c2410c', dark: '#fb8a4c' },
  incident: { mark: '#0a0b08', light: '#e2703a', dark: '#e2703a' },
  label: { mark: '#0a0b09', light: '#7c5bb0', dark: '#b79ae6' },
};

/** The mark: what a drawing is told. */
export function mark(name: ColourName): string {
  return PALETTE[name].mark;
}

/** Name of the CSS variable that the page declares. */
export function variableOf(name: ColourName): string {
  return `--${name}`;
}

/** Every mark in the text replaced. */
export function paint(svg: string, as: (name: ColourName) => string): string {
  return Object.entries(PALETTE).reduce(
    (text, [name, { mark }]) => text.replaceAll(mark, as(name as ColourName)),
    svg,
  );
}
