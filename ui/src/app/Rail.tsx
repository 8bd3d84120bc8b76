import { Link, useLocation } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import {
  BranchIcon,
  CouponIcon,
  CustomersIcon,
  FlagIcon,
  FlowIcon,
  GridIcon,
  HomeIcon,
  KeyIcon,
  MailIcon,
  MailboxIcon,
  ReportIcon,
  SaveIcon,
  SegmentsIcon,
  ShieldIcon,
  TableIcon,
  TagIcon,
  TemplateIcon,
  UserIcon,
  WarningIcon,
  type Icon,
} from "@/icons/icons";

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
      { to: "/merges", name: "merges", icon: UserIcon },
      { to: "/privacy", name: "privacy", icon: KeyIcon },
      { to: "/segments", name: "segments", icon: SegmentsIcon },
      { to: "/library", name: "library", icon: TemplateIcon },
      { to: "/lists", name: "lists", icon: TagIcon },
      { to: "/exports", name: "exports", icon: SaveIcon },
      { to: "/movement", name: "movement", icon: BranchIcon },
      { to: "/advice", name: "advice", icon: FlagIcon },
      { to: "/rfm", name: "rfm", icon: GridIcon },
    ],
  },
  {
    name: "messages",
    places: [
      { to: "/flows", name: "flows", icon: FlowIcon },
      { to: "/outbox", name: "outbox", icon: MailIcon },
      { to: "/templates", name: "templates", icon: TemplateIcon },
      { to: "/offers", name: "offers", icon: CouponIcon },
      { to: "/mailbox", name: "mailbox", icon: MailboxIcon },
      { to: "/rules", name: "rules", icon: ShieldIcon },
      { to: "/domains", name: "domains", icon: FlagIcon },
    ],
  },
  { name: "measure", places: [{ to: "/reports", name: "reports", icon: ReportIcon }] },
  {
    name: "data",
    places: [
      { to: "/quality", name: "quality", icon: ShieldIcon },
      { to: "/catalogue", name: "catalogue", icon: TagIcon },
      { to: "/properties", name: "properties", icon: TableIcon },
      { to: "/quarantine", name: "quarantine", icon: WarningIcon },
      { to: "/keys", name: "keys", icon: KeyIcon },
    ],
  },
];

function isHere(path: string, place: string): boolean {
  return place === "/" ? path === "/" : path === place || path.startsWith(`${place}/`);
}

export function Rail({ onNavigate }: { onNavigate: () => void }) {
  const { t } = useTranslation();
  const { pathname } = useLocation();
  return groups.map((group) => (
    <div key={group.name}>
      {group.name && <p className="rail-group">{t(`shell.groups.${group.name}`)}</p>}
      <ul>
        {group.places.map(({ to, name, icon: Icon }) => (
          <li key={to}>
            <Link
              to={to}
              className="rail-link"
              aria-current={isHere(pathname, to) ? "page" : undefined}
              onClick={onNavigate}
            >
              <Icon />
              {t(`shell.places.${name}`)}
            </Link>
          </li>
        ))}
      </ul>
    </div>
  ));
}
