import { useTranslation } from "react-i18next";
import { answer, api } from "@/api/client";
import { chooseLanguage, languages } from "@/i18n/i18n";
import { LanguageIcon, LogoutIcon, MoonIcon, SunIcon, SystemIcon, UserIcon } from "@/icons/icons";
import { ActionIcon, Button, Group, Menu, useColorScheme, useComputedColorScheme } from "@/kit/kit";
import { useSigned } from "@/shared/session";

const languageNames = { fr: "Français", en: "English" };

function LanguageMenu() {
  const { t, i18n } = useTranslation();
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button
          variant="subtle"
          color="gray"
          px={8}
          leftSection={<LanguageIcon />}
          c="var(--c-text)"
          aria-label={t("shell.language", { code: i18n.language.toUpperCase() })}
        >
          {i18n.language.toUpperCase()}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.RadioGroup value={i18n.language}>
          {languages.map((language) => (
            <Menu.RadioItem
              key={language}
              lang={language}
              value={language}
              closeMenuOnClick
              onChange={() => void chooseLanguage(language)}
            >
              {languageNames[language]}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
      </Menu.Dropdown>
    </Menu>
  );
}

const schemes = [
  { scheme: "light", icon: SunIcon },
  { scheme: "dark", icon: MoonIcon },
  { scheme: "auto", icon: SystemIcon },
] as const;

function ThemeMenu() {
  const { t } = useTranslation();
  const { colorScheme, setColorScheme } = useColorScheme();
  const shown = useComputedColorScheme("light");
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size={36} c="var(--c-text)" aria-label={t("shell.theme")}>
          {shown === "dark" ? <MoonIcon /> : <SunIcon />}
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.RadioGroup value={colorScheme}>
          {schemes.map(({ scheme, icon: Icon }) => (
            <Menu.RadioItem key={scheme} value={scheme} closeMenuOnClick onChange={() => setColorScheme(scheme)}>
              <Group gap="xs" component="span">
                <Icon size={16} />
                {t(`shell.themes.${scheme}`)}
              </Group>
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
      </Menu.Dropdown>
    </Menu>
  );
}

async function signOut() {
  await answer(api.POST("/api/logout"));
  window.location.assign("/login");
}

function AccountMenu() {
  const { t } = useTranslation();
  const { session } = useSigned();
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size={36} c="var(--c-text)" aria-label={t("shell.account")}>
          <UserIcon />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label c="dimmed">
          {session.account} · Relance {session.version}
        </Menu.Label>
        <Menu.Item leftSection={<LogoutIcon size={16} />} onClick={() => void signOut()}>
          {t("shell.sign_out")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** The bar's menus, loaded just after the frame: language, theme, account. */
export function Menus() {
  return (
    <>
      <LanguageMenu />
      <ThemeMenu />
      <AccountMenu />
    </>
  );
}
