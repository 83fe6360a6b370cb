import { useState } from "react";
import { paths } from "../../paths.ts";
import { givenColour, readableOn } from "../../ui/colour.ts";
import { initials } from "../../ui/initials.ts";
import classes from "./workspace-mark.module.css";

interface WorkspaceMarkProps {
  name: string;
  /** Gives the default colour; without it, the name does. */
  tenantId?: string;
  slug?: string;
  logoId?: string | null;
  accentColour?: string | null;
  large?: boolean;
}

/** The small square beside a workspace's name: its logo, or else its initials on its colour. */
export function WorkspaceMark({ name, tenantId, slug, logoId = null, accentColour = null, large = false }: WorkspaceMarkProps) {
  // The logo can't always be loaded: suspended members, for example, see the workspace in lists but may not load it.
  const [failed, setFailed] = useState<string | null>(null);
  const src = slug !== undefined && logoId !== null && failed !== logoId ? paths.logo(slug, logoId) : null;
  const colour = accentColour ?? givenColour(tenantId ?? name);
  const colours = src === null ? { background: colour, color: readableOn(colour) } : undefined;
  return (
    <span className={classes.mark} data-large={large} data-logo={src !== null} style={colours} aria-hidden>
      {src === null ? initials(name) : <img src={src} alt="" onError={() => setFailed(logoId)} />}
    </span>
  );
}
