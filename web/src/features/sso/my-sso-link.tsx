import { Button, type ButtonProps } from "@mantine/core";
import { IconKey } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { use } from "react";
import { Link } from "react-router";
import { paths } from "../../paths.ts";
import { TenantContext } from "../tenants/tenant-context.ts";
import { MY_SSO } from "./my-sso.tsx";
import { mySsoQuery } from "./queries.ts";

/** Leads to where the account can be joined to the open workspace's single sign-on, while it isn't. */
export function MySsoLink(look: ButtonProps) {
  const slug = use(TenantContext)?.slug;
  const { data } = useQuery({ ...mySsoQuery(slug ?? ""), enabled: slug !== undefined });
  if (slug === undefined || !data?.items.some(({ linked }) => !linked)) return null;
  return (
    <Button {...look} component={Link} to={`${paths.settings(slug)}#${MY_SSO}`} leftSection={<IconKey size={18} />}>
      Join your account to single sign-on
    </Button>
  );
}
