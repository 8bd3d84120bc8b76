import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  parseSearchWith,
  stringifySearchWith,
} from "@tanstack/react-router";
import { BrokenPage } from "./BrokenPage";
import { Shell } from "./Shell";
import { MissingPage } from "./MissingPage";
import { text } from "@/shared/address";

const root = createRootRoute({ component: Shell, notFoundComponent: MissingPage });
const under = { getParentRoute: () => root };

const home = createRoute({
  ...under,
  path: "/",
  component: lazyRouteComponent(() => import("@/features/home/HomePage"), "HomePage"),
});

const segments = createRoute({
  ...under,
  path: "/segments",
  validateSearch: (search): Partial<Record<"search", string>> => ({ search: text(search["search"]) }),
  component: lazyRouteComponent(() => import("@/features/segments/SegmentsPage"), "SegmentsPage"),
});

const newSegment = createRoute({
  ...under,
  path: "/segments/new",
  validateSearch: (search): Partial<Record<"query" | "name", string>> => ({
    query: text(search["query"]),
    name: text(search["name"]),
  }),
  component: lazyRouteComponent(() => import("@/features/segments/SegmentPage"), "NewSegmentPage"),
});

const bring = createRoute({
  ...under,
  path: "/segments/import",
  component: lazyRouteComponent(() => import("@/features/segments/BringPage"), "BringPage"),
});

const segment = createRoute({
  ...under,
  path: "/segments/$segmentId",
  component: lazyRouteComponent(() => import("@/features/segments/SegmentPage"), "SegmentPage"),
});

const library = createRoute({
  ...under,
  path: "/library",
  validateSearch: (search): Partial<Record<"search" | "family", string>> => ({
    search: text(search["search"]),
    family: text(search["family"]),
  }),
  component: lazyRouteComponent(() => import("@/features/library/LibraryPage"), "LibraryPage"),
});

const movement = createRoute({
  ...under,
  path: "/movement",
  validateSearch: (search): Partial<Record<"segments" | "from" | "to", string>> => ({
    segments: text(search["segments"]),
    from: text(search["from"]),
    to: text(search["to"]),
  }),
  component: lazyRouteComponent(() => import("@/features/movement/MovementPage"), "MovementPage"),
});

const advice = createRoute({
  ...under,
  path: "/advice",
  component: lazyRouteComponent(() => import("@/features/advice/AdvicePage"), "AdvicePage"),
});

const lists = createRoute({
  ...under,
  path: "/lists",
  validateSearch: (search): Partial<Record<"tab", string>> => ({ tab: text(search["tab"]) }),
  component: lazyRouteComponent(() => import("@/features/lists/ListsPage"), "ListsPage"),
});

const list = createRoute({
  ...under,
  path: "/lists/$listId",
  component: lazyRouteComponent(() => import("@/features/lists/ListPage"), "ListPage"),
});

const states = [
  "queued",
  "claimed",
  "deferred",
  "in_doubt",
  "accepted",
  "failed",
  "suppressed",
  "cancelled",
  "expired",
] as const;

const outbox = createRoute({
  ...under,
  path: "/outbox",
  validateSearch: (search): Partial<Record<"state", (typeof states)[number]>> => ({
    state: states.find((one) => one === search["state"]),
  }),
  component: lazyRouteComponent(() => import("@/features/outbox/OutboxPage"), "OutboxPage"),
});

const exports = createRoute({
  ...under,
  path: "/exports",
  component: lazyRouteComponent(() => import("@/features/exports/ExportsPage"), "ExportsPage"),
});

const rfm = createRoute({
  ...under,
  path: "/rfm",
  component: lazyRouteComponent(() => import("@/features/rfm/RfmPage"), "RfmPage"),
});

const customers = createRoute({
  ...under,
  path: "/customers",
  validateSearch: (search): Partial<Record<"search" | "segment", string>> => ({
    search: text(search["search"]),
    segment: text(search["segment"]),
  }),
  component: lazyRouteComponent(() => import("@/features/customers/CustomersPage"), "CustomersPage"),
});

const merges = createRoute({
  ...under,
  path: "/merges",
  component: lazyRouteComponent(() => import("@/features/merges/MergesPage"), "MergesPage"),
});

const privacy = createRoute({
  ...under,
  path: "/privacy",
  component: lazyRouteComponent(() => import("@/features/privacy/PrivacyPage"), "PrivacyPage"),
});

const customer = createRoute({
  ...under,
  path: "/customers/$customerId",
  component: lazyRouteComponent(() => import("@/features/customers/CustomerPage"), "CustomerPage"),
});

const flows = createRoute({
  ...under,
  path: "/flows",
  component: lazyRouteComponent(() => import("@/features/flows/FlowsPage"), "FlowsPage"),
});

const flow = createRoute({
  ...under,
  path: "/flows/$flowId",
  component: lazyRouteComponent(() => import("@/features/flows/FlowPage"), "FlowPage"),
});

const reports = createRoute({
  ...under,
  path: "/reports",
  validateSearch: (search): Partial<Record<"source" | "start" | "end", string>> => ({
    source: text(search["source"]),
    start: text(search["start"]),
    end: text(search["end"]),
  }),
  component: lazyRouteComponent(() => import("@/features/reports/ReportPage"), "ReportPage"),
});

const templates = createRoute({
  ...under,
  path: "/templates",
  validateSearch: (search): Partial<Record<"search" | "family", string>> => ({
    search: text(search["search"]),
    family: text(search["family"]),
  }),
  component: lazyRouteComponent(() => import("@/features/templates/TemplatesPage"), "TemplatesPage"),
});

const template = createRoute({
  ...under,
  path: "/templates/$templateId",
  component: lazyRouteComponent(() => import("@/features/templates/TemplatePage"), "TemplatePage"),
});

const offers = createRoute({
  ...under,
  path: "/offers",
  component: lazyRouteComponent(() => import("@/features/offers/OffersPage"), "OffersPage"),
});

const mailbox = createRoute({
  ...under,
  path: "/mailbox",
  validateSearch: (search): Partial<Record<"mail", string>> => ({ mail: text(search["mail"]) }),
  component: lazyRouteComponent(() => import("@/features/mailbox/MailboxPage"), "MailboxPage"),
});

const rules = createRoute({
  ...under,
  path: "/rules",
  component: lazyRouteComponent(() => import("@/features/rules/RulesPage"), "RulesPage"),
});

const domains = createRoute({
  ...under,
  path: "/domains",
  validateSearch: (search): Partial<Record<"domain", string>> => ({ domain: text(search["domain"]) }),
  component: lazyRouteComponent(() => import("@/features/domains/DomainsPage"), "DomainsPage"),
});

const keys = createRoute({
  ...under,
  path: "/keys",
  component: lazyRouteComponent(() => import("@/features/keys/KeysPage"), "KeysPage"),
});

const quality = createRoute({
  ...under,
  path: "/quality",
  component: lazyRouteComponent(() => import("@/features/data/QualityPage"), "QualityPage"),
});

const catalogue = createRoute({
  ...under,
  path: "/catalogue",
  validateSearch: (search): Partial<Record<"change", string>> => ({ change: text(search["change"]) }),
  component: lazyRouteComponent(() => import("@/features/data/CataloguePage"), "CataloguePage"),
});

const properties = createRoute({
  ...under,
  path: "/properties",
  component: lazyRouteComponent(() => import("@/features/data/PropertiesPage"), "PropertiesPage"),
});

const quarantine = createRoute({
  ...under,
  path: "/quarantine",
  component: lazyRouteComponent(() => import("@/features/data/QuarantinePage"), "QuarantinePage"),
});

const routeTree = root.addChildren([
  home,
  segments,
  newSegment,
  bring,
  segment,
  library,
  movement,
  advice,
  lists,
  list,
  exports,
  outbox,
  rfm,
  customers,
  merges,
  privacy,
  customer,
  flows,
  flow,
  reports,
  templates,
  template,
  offers,
  mailbox,
  quality,
  catalogue,
  properties,
  quarantine,
  rules,
  domains,
  keys,
]);

/** Filters live in the address as plain text: "?mail=12" and not JSON. */
export const router = createRouter({
  parseSearch: parseSearchWith((value) => value),
  stringifySearch: stringifySearchWith(String),
  routeTree,
  defaultErrorComponent: BrokenPage,
  defaultPreload: "intent",
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
