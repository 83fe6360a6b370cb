import { IconAntennaBars5, IconSettings, IconUsers } from "@tabler/icons-react";
import { Link, NavLink, useMatch } from "react-router";
import { paths } from "../paths.ts";
import { ConnectionNotes } from "../voice/connection-notes.tsx";
import { useTalkKeys } from "../voice/keys/use-talk-keys.ts";
import { VoiceAnnouncer } from "../features/channels/voice-announcer.tsx";
import { AccountMenu } from "../features/accounts/account-menu.tsx";
import { RailChannels } from "../features/channels/rail-channels.tsx";
import { TalkBar } from "../features/channels/talk-bar.tsx";
import { FindButton } from "../features/palette/find-button.tsx";
import { useTalkableSelection } from "../features/channels/use-talkable-selection.ts";
import { useMicrophoneWhenNeeded } from "../features/channels/use-microphone-when-needed.ts";
import { TalkKeyChoice } from "../features/channels/talk-key-choice.tsx";
import { useCatchUp } from "../features/channels/use-catch-up.ts";
import { useMarksHeard } from "../features/channels/use-marks-heard.ts";
import { useLiveTitle } from "../features/channels/use-live-title.ts";
import { useTalkKeyMode } from "../features/channels/use-talk-key-mode.ts";
import { BillingBanner } from "../features/billing/billing-banner.tsx";
import { OwnershipBanner } from "../features/tenants/ownership-banner.tsx";
import { useTenant } from "../features/tenants/tenant-context.ts";
import { TenantSwitcher } from "../features/switcher/tenant-switcher.tsx";
import { WorkspacePalette } from "./workspace-palette.tsx";
import { useVisit } from "../features/my-tenants/use-visit.ts";
import classes from "./workspace-frame.module.css";

/** Rail, page, talk bar and, at phone width, the navigation at the bottom. Voice works on every page inside. */
export function WorkspaceFrame({ children }: { children: React.ReactNode }) {
  const tenant = useTenant();
  const { accentColour } = tenant.display;
  const onBoard = useMatch("/:slug") !== null;
  const onChannel = useMatch("/:slug/channels/:channelId") !== null;
  useVisit(tenant.slug);
  const [talkKeyMode] = useTalkKeyMode();
  useTalkKeys(talkKeyMode);
  useLiveTitle();
  useMicrophoneWhenNeeded();
  useCatchUp();
  useMarksHeard();
  useTalkableSelection();

  return (
    <WorkspacePalette>
      <div className={classes.frame}>
        <a href="#main" className={classes.skip}>
          Skip to content
        </a>
        <section
          className={classes.rail}
          style={accentColour === null ? undefined : { borderTop: `3px solid ${accentColour}` }}
          aria-label="Workspace"
        >
          <div className={classes.top}>
            <TenantSwitcher current={tenant} />
            <div className={classes.phoneTools}>
              <FindButton compact />
              <AccountMenu compact roleName={tenant.self.roleName}>
                <TalkKeyChoice />
              </AccountMenu>
            </div>
          </div>
          <div className={classes.find}>
            <FindButton />
          </div>
          <MainNav slug={tenant.slug} className={classes.nav} onBoard={onBoard || onChannel} />
          <div className={classes.channels}>
            <RailChannels />
          </div>
          <div className={classes.account}>
            <AccountMenu roleName={tenant.self.roleName}>
              <TalkKeyChoice />
            </AccountMenu>
          </div>
        </section>
        <main id="main" className={classes.main} tabIndex={-1}>
          <ConnectionNotes />
          <OwnershipBanner />
          <BillingBanner />
          {children}
        </main>
        <div className={classes.talk}>
          <TalkBar />
        </div>
        <div className={classes.bottom}>
          <MainNav slug={tenant.slug} className={classes.bottomNav} onBoard={onBoard || onChannel} />
        </div>
        <VoiceAnnouncer />
      </div>
    </WorkspacePalette>
  );
}

function MainNav({ slug, className, onBoard }: { slug: string; className: string | undefined; onBoard: boolean }) {
  return (
    <nav className={className} aria-label="Main">
      <Link to={paths.board(slug)} aria-current={onBoard ? "page" : undefined}>
        <IconAntennaBars5 size={20} aria-hidden /> Board
      </Link>
      <NavLink to={paths.people(slug)}>
        <IconUsers size={20} aria-hidden /> People
      </NavLink>
      <NavLink to={paths.settings(slug)}>
        <IconSettings size={20} aria-hidden /> Settings
      </NavLink>
    </nav>
  );
}
