import { Link, useLocation } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import {
  CustomersIcon,
  FlowIcon,
  GridIcon,
  HomeIcon,
  MailboxIcon,
  ReportIcon,
  SegmentsIcon,
  type Icon,
} from "@/icons/icons";
import { NavLink, ScrollArea, Stack, Text } from "@/kit/kit";

interface Place {
  to: string;
  name: string;
  icon: Icon;
}

const groups: { name: string; places: Place[] }[] = [
  { name: "", places: [{ to: "/", name: "home", icon: HomeIcon }] },
  {
    name: "people",
    places: [
      { to: "/customers", name: "customers", icon: CustomersIcon },
      { to: "/segments", name: "segments", icon: SegmentsIcon },
      { to: "/rfm", name: "rfm", icon: GridIcon },
    ],
  },
  {
    name: "messages",
    places: [
      { to: "/flows", name: "flows", icon: FlowIcon },
      { to: "/mailbox", name: "mailbox", icon: MailboxIcon },
    ],
  },
  { name: "measure", places: [{ to: "/reports", name: "reports", icon: ReportIcon }] },
];

function isHere(path: string, place: string): boolean {
  return place === "/" ? path === "/" : path === place || path.startsWith(`${place}/`);
}

export function Rail({ onNavigate }: { onNavigate: () => void }) {
  const { t } = useTranslation();
  const { pathname } = useLocation();
  return (
    <ScrollArea p="sm" type="auto">
      <Stack gap="md">
        {groups.map((group) => (
          <div key={group.name}>
            {group.name && (
              <Text size="xs" c="dimmed" fw={600} px="sm" pb={4}>
                {t(`shell.groups.${group.name}`)}
              </Text>
            )}
            {group.places.map(({ to, name, icon: Icon }) => {
              const here = isHere(pathname, to);
              return (
                <NavLink
                  key={to}
                  component={Link}
                  to={to}
                  onClick={onNavigate}
                  active={here}
                  aria-current={here ? "page" : undefined}
                  label={t(`shell.places.${name}`)}
                  leftSection={<Icon />}
                  fw={here ? 600 : 400}
                  bdrs={8}
                />
              );
            })}
          </div>
        ))}
      </Stack>
    </ScrollArea>
  );
}
