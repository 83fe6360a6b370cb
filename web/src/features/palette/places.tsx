import {
  IconAntennaBars5,
  IconHistory,
  IconLayoutGrid,
  IconLock,
  IconPlus,
  IconReceipt,
  IconSettings,
  IconShieldLock,
  IconUserCheck,
  IconUsers,
} from "@tabler/icons-react";
import { paths } from "../../paths.ts";
import type { Item } from "./find.ts";

interface Place {
  label: string;
  also: string;
  to: string;
  icon: React.ReactNode;
}

/** The pages of a workspace. Add each new page here, so that Ctrl/Cmd+K finds it. */
const inWorkspace = (slug: string): Place[] => [
  { label: "Board", also: "channels talk home", to: paths.board(slug), icon: <IconAntennaBars5 size={20} /> },
  { label: "People", also: "members users invitations invite", to: paths.people(slug), icon: <IconUsers size={20} /> },
  {
    label: "General settings",
    also: "name address slug logo colour time zone talk key leave delete owner",
    to: paths.settings(slug),
    icon: <IconSettings size={20} />,
  },
  { label: "Roles", also: "settings permissions rights", to: paths.settingsRoles(slug), icon: <IconShieldLock size={20} /> },
  {
    label: "Security",
    also: "settings domains verify dns sign-in single sign-on sso saml oidc two-step verification mfa",
    to: paths.settingsSecurity(slug),
    icon: <IconLock size={20} />,
  },
  {
    label: "Billing",
    also: "settings subscription plan licences seats add-ons invoices credit notes payment tax company address",
    to: paths.settingsBilling(slug),
    icon: <IconReceipt size={20} />,
  },
  {
    label: "Audit log",
    also: "settings security history who did what export",
    to: paths.auditLog(slug),
    icon: <IconHistory size={20} />,
  },
  {
    label: "Access reviews",
    also: "settings security who may what revoke",
    to: paths.accessReviews(slug),
    icon: <IconUserCheck size={20} />,
  },
];

const outside = (): Place[] => [
  { label: "All workspaces", also: "overview clients attention", to: paths.workspaces(), icon: <IconLayoutGrid size={20} /> },
  { label: "Create a workspace", also: "new add", to: paths.newWorkspace(), icon: <IconPlus size={20} /> },
];

/** @param slug slug of the open workspace; null outside any */
export function places(slug: string | null): Item[] {
  return [...(slug === null ? [] : inWorkspace(slug)), ...outside()].map((place) => ({ ...place, id: `to-${place.to}` }));
}
