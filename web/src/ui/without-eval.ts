import { config } from "zod";

// The Content-Security-Policy forbids eval. zod would try it once, and the browser would report a violation.
config({ jitless: true });
