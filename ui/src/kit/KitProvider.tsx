import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "./fonts.css";
import "./tokens.css";
import { MantineProvider, createTheme } from "@mantine/core";
import { Suspense, lazy, type ReactNode } from "react";

const Notifications = lazy(async () => ({ default: (await import("@mantine/notifications")).Notifications }));

const theme = createTheme({
  primaryColor: "indigo",
  colors: {
    dark: [
      "#e7e9ed",
      "#c6cbd2",
      "#b0b6be",
      "#7c838d",
      "#34373d",
      "#2a2d32",
      "#1a1b1e",
      "#17181b",
      "#131417",
      "#0e0f11",
    ],
  },
  primaryShade: { light: 7, dark: 7 },
  autoContrast: true,
  defaultRadius: 8,
  fontFamily: "'Inter Variable', system-ui, sans-serif",
  fontFamilyMonospace: "'JetBrains Mono Variable', ui-monospace, monospace",
  headings: {
    fontWeight: "600",
    sizes: {
      h1: { fontSize: "1.5rem", lineHeight: "2rem" },
      h2: { fontSize: "1.25rem", lineHeight: "1.75rem" },
      h3: { fontSize: "1rem", lineHeight: "1.5rem" },
    },
  },
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    Card: { defaultProps: { withBorder: true, padding: "md", shadow: "none" } },
    Paper: { defaultProps: { withBorder: true } },
    Badge: { defaultProps: { tt: "none", variant: "light", fw: 500 } },
    Table: { defaultProps: { verticalSpacing: "xs" } },
    Menu: { defaultProps: { withInitialFocusPlaceholder: false, withinPortal: false } },
    Modal: { defaultProps: { transitionProps: { duration: 150 }, attributes: { header: { role: "presentation" } } } },
    Drawer: { defaultProps: { attributes: { header: { role: "presentation" } } } },
  },
});

/** Gives the pages their theme (light, dark or the system's) and a place for short notices. */
export function KitProvider({ children }: { children: ReactNode }) {
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto">
      {children}
      <Suspense>
        <Notifications position="bottom-right" />
      </Suspense>
    </MantineProvider>
  );
}
