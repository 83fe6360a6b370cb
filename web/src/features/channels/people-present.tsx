import { initials } from "../../ui/initials.ts";
import { useVoice } from "../../voice/use-voice.ts";
import classes from "./channel-page.module.css";

export function PeoplePresent({ channelId }: { channelId: string }) {
  const people = useVoice((state) => state.channels[channelId]?.people) ?? [];
  const talkers = useVoice((state) => state.channels[channelId]?.talkers) ?? [];
  const me = useVoice((state) => state.sessionId);
  const talking = new Set(talkers.map(({ sessionId }) => sessionId));
  return (
    <section className={classes.people} aria-labelledby="people-here">
      <h3 id="people-here">{people.length === 0 ? "Nobody is here" : `${people.length} here now`}</h3>
      <ul>
        {people.map(({ sessionId, name }) => (
          <li key={sessionId} data-talking={talking.has(sessionId)} data-live={talking.has(sessionId) && sessionId === me}>
            <span className={classes.avatar} aria-hidden>
              {initials(name)}
            </span>
            <span className={classes.personName}>
              {name}
              {sessionId === me && " (you)"}
              {talking.has(sessionId) && " · talking"}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
