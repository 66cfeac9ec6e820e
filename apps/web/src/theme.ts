import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core';

const river: MantineColorsTuple = [
  '#e9f6f7',
  '#d2ebed',
  '#a6d8dc',
  '#78c4ca',
  '#55b4bc',
  '#3ba4ad',
  '#25909a',
  '#147a84',
  '#0c6670',
  '#05515a',
];

/** Surfaces of the dark scheme, light to dark; 7 is the page, 6 a card. */
const dark: MantineColorsTuple = [
  '#dfe6e7',
  '#bcc7c9',
  '#96a4a7',
  '#5d6c70',
  '#333f43',
  '#253034',
  '#182023',
  '#0f1517',
  '#0b1012',
  '#070b0c',
];

/** Warm greys, so that lines and quiet buttons belong to the paper they stand on. */
const gray: MantineColorsTuple = [
  '#f7f6f3',
  '#f0efea',
  '#e6e4de',
  '#dbd9d2',
  '#c9c7bf',
  '#a9a8a1',
  '#83847e',
  '#5f625f',
  '#454947',
  '#2b2f2e',
];

const FONT = "'Figtree Variable', 'Figtree Fallback', system-ui, sans-serif";

/** The look: one accent, quiet surfaces, generous type. */
export const theme = createTheme({
  colors: { river, gray, dark },
  primaryColor: 'river',
  primaryShade: { light: 8, dark: 4 },
  autoContrast: true,
  fontFamily: FONT,
  fontFamilyMonospace: "ui-monospace, 'SF Mono', 'Cascadia Mono', 'DejaVu Sans Mono', Menlo, monospace",
  headings: {
    fontFamily: FONT,
    fontWeight: '650',
    sizes: {
      h1: { fontSize: 'clamp(1.6rem, 1.2rem + 1.6vw, 2.25rem)', lineHeight: '1.18' },
      h2: { fontSize: '1.3rem', lineHeight: '1.3' },
      h3: { fontSize: '1.05rem', lineHeight: '1.35' },
    },
  },
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
});

/** Colours that Mantine's defaults would make too faint to read, and those of this page. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: { '--page-width': '72rem' },
  light: {
    '--mantine-color-body': '#faf9f6',
    '--mantine-color-text': '#1a2224',
    '--mantine-color-dimmed': '#5a6568',
    '--mantine-color-placeholder': '#677276',
    '--mantine-color-error': '#b3261e',
    '--mantine-color-anchor': '#0c6670',
    '--surface': '#ffffff',
    '--surface-sunken': '#f2f1ec',
    '--line': '#e4e2db',
    '--good': '#2b6b34',
    '--wait': '#835400',
    '--kind-service': '#0c6670',
    '--kind-model': '#6247b5',
    '--kind-device': '#35598f',
    '--kind-dataset': '#865600',
    '--kind-agent': '#a23568',
    '--kind-work': '#3a6b2e',
    '--kind-person': '#4b575b',
  },
  dark: {
    '--mantine-color-body': '#0f1517',
    '--mantine-color-text': '#e3e9ea',
    '--mantine-color-dimmed': '#9aa8ab',
    '--mantine-color-placeholder': '#8b999c',
    '--mantine-color-error': '#ff9a91',
    '--mantine-color-anchor': '#78c4ca',
    '--surface': '#161d20',
    '--surface-sunken': '#0b1012',
    '--line': '#2a3539',
    '--good': '#8fce97',
    '--wait': '#e6b864',
    '--kind-service': '#78c4ca',
    '--kind-model': '#b5a5f2',
    '--kind-device': '#93b7ea',
    '--kind-dataset': '#e3b661',
    '--kind-agent': '#f0a0c2',
    '--kind-work': '#98cf88',
    '--kind-person': '#b4c0c3',
  },
});
