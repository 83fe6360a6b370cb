import type { Feature } from "../feature.ts";
import { job } from "../platform/jobs.ts";
import { ROTATE_KEY } from "./jobs.ts";
import { rotateKey } from "./rotating.ts";
import { encryptionKeyRoutes } from "./routes.ts";

export const encryptionKey: Feature = {
  name: "encryption-key",
  routes: () => encryptionKeyRoutes,
  jobs: (services) => [job(ROTATE_KEY, (payload, signal) => rotateKey(services, payload, { signal }))],
  tables: [
    {
      table: "key_rotations",
      kind: "key rotations",
      erase: { by: "rotation_id" },
      refersTo: [],
      exportAs: "key-rotations",
      exported: ["rotation_id", "started_at", "started_by_name", "total", "unreadable", "finished_at"],
      withheld: ["old_key", "done", "in_use", "fault"],
    },
  ],
  announces: ["encryptionKey"],
};
