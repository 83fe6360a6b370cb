import type { JobKind } from "../platform/jobs.ts";

export const ROTATE_KEY: JobKind<{ tenantId: string }> = { name: "rotateKey", crew: "rotations" };
export const jobKey = (tenantId: string) => `rotate key ${tenantId}`;
