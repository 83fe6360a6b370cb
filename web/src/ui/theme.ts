import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from "@mantine/core";

/** The main colour, also for incoming talk. Red is only for live, amber only for busy and denied (tokens.css). */
const teal: MantineColorsTuple = [
  "#e3f4f1",
  "#c6e8e3",
  "#95d5cc",
  "#63c6b9",
  "#45c9b8",
  "#1f9c90",
  "#0f8379",
  "#0b6f68",
  "#085a54",
  "#04443f",
];

/** Cool, slightly green greys, from text to page, for the dark theme. */
const dark: MantineColorsTuple = [
  "#e6eeec",
  "#c3cfcc",
  "#98a7a3",
  "#7f8f8b",
  "#34413e",
  "#27322f",
  "#1b2422",
  "#151c1a",
  "#101615",
  "#0d1211",
];

const gray: MantineColorsTuple = [
  "#f5f7f6",
  "#eef1f0",
  "#e3e8e6",
  "#d6dddb",
  "#c2ccc9",
  "#98a5a1",
  "#6d7b77",
  "#55625f",
  "#2e3a37",
  "#14201e",
];

/** For destructive actions, so that nobody takes them for "live". */
const brick: MantineColorsTuple = [
  "#fbeeec",
  "#f5d9d5",
  "#eab3ab",
  "#f0998d",
  "#e0715f",
  "#c2492f",
  "#ad3a23",
  "#98301b",
  "#7d2614",
  "#5f1b0d",
];

export const theme = createTheme({
  primaryColor: "teal",
  primaryShade: { light: 7, dark: 6 },
  autoContrast: true,
  luminanceThreshold: 0.35,
  colors: { teal, dark, gray, brick },
  fontFamily: "var(--w-font)",
  headings: {
    fontFamily: "var(--w-font)",
    fontWeight: "650",
    sizes: {
      h1: { fontSize: "1.5rem", lineHeight: "2rem" },
      h2: { fontSize: "1.125rem", lineHeight: "1.5rem" },
      h3: { fontSize: "0.9375rem", lineHeight: "1.5rem" },
    },
  },
  fontSizes: { xs: "0.75rem", sm: "0.875rem", md: "0.9375rem", lg: "1.125rem", xl: "1.5rem" },
  spacing: { xs: "0.5rem", sm: "0.75rem", md: "1rem", lg: "1.5rem", xl: "2rem" },
  radius: { xs: "4px", sm: "6px", md: "8px", lg: "12px", xl: "16px" },
  defaultRadius: "md",
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    // In a sentence, colour alone must not mark a link (WCAG 2.2, 1.4.1).
    Anchor: { defaultProps: { underline: "always" } },
    // These sections hold icons, which repeat the label or the aria-label.
    Button: { defaultProps: { attributes: { section: { "aria-hidden": true } } } },
    ActionIcon: { defaultProps: { attributes: { icon: { "aria-hidden": true } } } },
    Kbd: { styles: { root: { fontFamily: "var(--w-font)", fontWeight: 600 } } },
    TextInput: { defaultProps: { size: "md" } },
    PasswordInput: {
      defaultProps: {
        size: "md",
        visibilityToggleFocusable: true,
        visibilityToggleButtonProps: { "aria-label": "Show the password" },
      },
    },
    // A list that opens on focus would cover the error message below the field.
    Select: { defaultProps: { size: "md", allowDeselect: false, openOnFocus: false } },
    MultiSelect: { defaultProps: { openOnFocus: false } },
    Textarea: { defaultProps: { size: "md" } },
    Modal: {
      defaultProps: {
        radius: "lg",
        centered: true,
        padding: "lg",
        overlayProps: { backgroundOpacity: 0.5 },
        closeButtonProps: { "aria-label": "Close" },
      },
      styles: {
        content: { backgroundColor: "var(--w-surface)" },
        header: { backgroundColor: "var(--w-surface)" },
        title: { fontSize: "1.125rem", lineHeight: "1.5rem", fontWeight: 650, overflowWrap: "anywhere", minWidth: 0 },
      },
    },
    // Mantine's focus placeholder is not a menu item, and a menu may contain only items. The first item gets the focus instead.
    Menu: { defaultProps: { radius: "lg", shadow: "lg", offset: 6, withInitialFocusPlaceholder: false } },
    Notification: { defaultProps: { closeButtonProps: { "aria-label": "Close" } } },
    Tooltip: { defaultProps: { multiline: true, maw: 280, openDelay: 200, withArrow: true } },
  },
});

export const resolver: CSSVariablesResolver = () => {
  const shared = {
    "--mantine-color-body": "var(--w-page)",
    "--mantine-color-text": "var(--w-text)",
    "--mantine-color-dimmed": "var(--w-dim)",
    "--mantine-color-default": "var(--w-surface)",
    "--mantine-color-default-hover": "var(--w-hover)",
    "--mantine-color-default-border": "var(--w-line-strong)",
    "--mantine-color-placeholder": "var(--w-dim)",
    "--mantine-color-error": "var(--w-danger)",
    "--mantine-color-anchor": "var(--w-teal)",
    "--mantine-color-teal-light": "var(--w-teal-soft)",
    "--mantine-color-teal-light-hover": "var(--w-teal-soft-hover)",
    "--mantine-color-teal-light-color": "var(--w-teal)",
    "--mantine-color-brick-outline": "var(--w-danger)",
    "--mantine-color-brick-light-color": "var(--w-danger)",
  };
  return { variables: {}, light: shared, dark: shared };
};
