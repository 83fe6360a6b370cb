/** The tables of all features, in the order of erasure. */
import { FEATURES } from "../features.ts";
import { inOrderOfErasure } from "../platform/db/tenant-data.ts";

export const TENANT_TABLES = inOrderOfErasure(FEATURES.flatMap(({ tables = [] }) => tables));
