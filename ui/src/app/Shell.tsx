import "./shell.css";
import { Outlet } from "@tanstack/react-router";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { Rail } from "./Rail";
import { TopBar } from "./TopBar";
import { useDisclosure } from "@/kit/kit";

/** The frame around every page: bar at the top, rail at the left (over the page on a phone), the page in the middle. */
export function Shell() {
  const { t } = useTranslation();
  const [railOpen, rail] = useDisclosure(false);
  const { close } = rail;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key === "Escape") close();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [close]);
  return (
    <div className="frame" data-rail={railOpen ? "open" : "closed"}>
      <a className="skip-link" href="#content">
        {t("shell.skip")}
      </a>
      <header className="bar">
        <TopBar railOpen={railOpen} onToggleRail={rail.toggle} />
      </header>
      <nav className="rail" aria-label={t("shell.navigation")}>
        <Rail onNavigate={close} />
      </nav>
      <main id="content" tabIndex={-1}>
        <div className="page">
          <Outlet />
        </div>
      </main>
    </div>
  );
}
