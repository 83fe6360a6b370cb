import { queryOptions } from "@tanstack/react-query";
import { answerOf } from "../../api/operation.ts";
import type { Role } from "../../api/types.ts";
import { byRole } from "../../ui/by-name.ts";

const inOrder = ({ items }: { items: Role[] }) => items.toSorted(byRole);

export const rolesQuery = (slug: string) =>
  queryOptions({ ...answerOf("GET /api/v1/tenants/{slug}/roles", { path: { slug } }), select: inOrder });

export const roleQuery = (slug: string, roleId: string) =>
  queryOptions(answerOf("GET /api/v1/tenants/{slug}/roles/{roleId}", { path: { slug, roleId } }));
