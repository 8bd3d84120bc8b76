import { Link, useNavigate } from "@tanstack/react-router";
import { Suspense, lazy, useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { Doubts } from "./Doubts";
import { Jobs } from "./Jobs";
import { SearchIcon } from "@/icons/icons";
import { Badge, Burger, Group, Text, TextInput } from "@/kit/kit";
import { useSigned } from "@/shared/session";

const Menus = lazy(async () => ({ default: (await import("./Menus")).Menus }));

function Brand() {
  return (
    <Link to="/" className="brand" aria-label="Relance">
      <img src="/favicon.svg" width={28} height={28} alt="" />
      <Text fw={700} size="lg" visibleFrom="sm" style={{ letterSpacing: "-0.02em" }}>
        Relance
      </Text>
    </Link>
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
      <Group gap="sm" wrap="nowrap" w={{ md: 208 }}>
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
        <Doubts />
        {session.demo && (
          <Badge color="orange" visibleFrom="sm" mr={4}>
            {t("shell.demo")}
          </Badge>
        )}
        <Suspense fallback={<div style={{ width: 144 }} />}>
          <Menus />
        </Suspense>
      </Group>
    </Group>
  );
}
