import { Link, useNavigate } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { Jobs } from "./Jobs";
import { AccountMenu, LanguageMenu, ThemeMenu } from "./Menus";
import { SearchIcon } from "@/icons/icons";
import { Badge, Burger, Group, Text, TextInput } from "@/kit/kit";
import { useSigned } from "@/shared/session";

function Brand() {
  return (
    <Group component={Link} {...{ to: "/" }} gap={10} wrap="nowrap" c="var(--c-text)" td="none" aria-label="Relance">
      <img src="/favicon.svg" width={28} height={28} alt="" />
      <Text fw={700} size="lg" visibleFrom="sm" style={{ letterSpacing: "-0.02em" }}>
        Relance
      </Text>
    </Group>
  );
}

function CustomerSearch() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [words, setWords] = useState("");
  const search = (event: FormEvent) => {
    event.preventDefault();
    void navigate({ to: "/customers", search: { search: words.trim() || undefined, segment: undefined } });
  };
  return (
    <form role="search" onSubmit={search} style={{ flex: 1, maxWidth: 360 }}>
      <TextInput
        value={words}
        onChange={(event) => setWords(event.currentTarget.value)}
        placeholder={t("shell.search")}
        aria-label={t("shell.search_label")}
        leftSection={<SearchIcon size={16} />}
        size="sm"
      />
    </form>
  );
}

export function TopBar({ railOpen, onToggleRail }: { railOpen: boolean; onToggleRail: () => void }) {
  const { t } = useTranslation();
  const { session } = useSigned();
  return (
    <Group h="100%" px="md" gap="sm" wrap="nowrap" justify="space-between">
      <Group gap="sm" wrap="nowrap" style={{ minWidth: 0 }} w={{ md: 208 }}>
        <Burger opened={railOpen} onClick={onToggleRail} hiddenFrom="md" size="sm" aria-label={t("shell.menu")} />
        <Brand />
      </Group>
      <CustomerSearch />
      <Group gap={4} wrap="nowrap">
        <Jobs />
        {session.shop && (
          <Text size="sm" fw={500} visibleFrom="lg" truncate maw={200} px={4}>
            {session.shop.name}
          </Text>
        )}
        {session.demo && (
          <Badge color="orange" visibleFrom="sm" mr={4}>
            {t("shell.demo")}
          </Badge>
        )}
        <LanguageMenu />
        <ThemeMenu />
        <AccountMenu />
      </Group>
    </Group>
  );
}
