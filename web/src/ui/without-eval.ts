import { config } from "zod";

// The Content-Security-Policy allows no eval; zod would try it once and leave a violation in the console.
config({ jitless: true });
