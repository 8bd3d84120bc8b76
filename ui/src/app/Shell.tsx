import { Outlet } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Rail } from "./Rail";
import { TopBar } from "./TopBar";
import { AppShell, useDisclosure } from "@/kit/kit";

/** The frame around every page: rail at the left, bar at the top, the page in the middle. */
export function Shell() {
  const { t } = useTranslation();
  const [railOpen, rail] = useDisclosure(false);
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 224, breakpoint: "md", collapsed: { mobile: !railOpen } }}
      padding={0}
      transitionDuration={150}
    >
      <a className="skip-link" href="#content">
        {t("shell.skip")}
      </a>
      <AppShell.Header>
        <TopBar railOpen={railOpen} onToggleRail={rail.toggle} />
      </AppShell.Header>
      <AppShell.Navbar aria-label={t("shell.navigation")}>
        <Rail onNavigate={rail.close} />
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1} style={{ background: "var(--c-bg)", outline: "none" }}>
        <div style={{ maxWidth: "var(--content-max)", margin: "0 auto", padding: "24px var(--page-margin) 48px" }}>
          <Outlet />
        </div>
      </AppShell.Main>
    </AppShell>
  );
}
