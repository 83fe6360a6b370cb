import { Button, type ButtonProps } from "@mantine/core";
import { IconKey } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { use } from "react";
import { Link } from "react-router";
import { paths } from "../../paths.ts";
import { TenantContext } from "../tenants/tenant-context.ts";
import { MY_SSO } from "./my-sso.tsx";
import { mySsoQuery } from "./queries.ts";

/** A link to the section that joins the account to the open workspace's single sign-on. Renders nothing once it is joined. */
export function MySsoLink(buttonProps: ButtonProps) {
  const slug = use(TenantContext)?.slug;
  const { data } = useQuery({ ...mySsoQuery(slug ?? ""), enabled: slug !== undefined });
  if (slug === undefined || !data?.items.some(({ linked }) => !linked)) return null;
  return (
    <Button {...buttonProps} component={Link} to={`${paths.settings(slug)}#${MY_SSO}`} leftSection={<IconKey size={18} />}>
      Join your account to single sign-on
    </Button>
  );
}
