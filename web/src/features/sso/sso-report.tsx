import { IconCircleCheck, IconInfoCircle } from "@tabler/icons-react";
import type { SsoReport } from "../../api/types.ts";
import { counted, number } from "../../ui/counted.ts";
import { FailureNote } from "../../ui/failure.tsx";
import { Note } from "../../ui/note.tsx";
import classes from "./sso.module.css";

/** How many attributes are shown. A provider can send 2,000, which would hide the rest of the page. */
const SHOWN = 50;

const secondsWords = (seconds: number) => counted(Math.round(seconds), "second", "seconds");

/** The report of a test: what the provider sent, and how whoot reads it. */
export function SsoReportView({ report }: { report: SsoReport }) {
  const { refusal, person, nameId, attributes, notes } = report;
  return (
    <div className={classes.form}>
      {refusal ? (
        <FailureNote>
          <strong>The test failed. </strong>
          {refusal.says}
        </FailureNote>
      ) : (
        <Note tone="teal" icon={<IconCircleCheck size={18} aria-hidden />} title="The provider and whoot understand each other" />
      )}
      {refusal && (refusal.expected ?? refusal.received ?? refusal.seconds) !== null && (
        <dl className={classes.facts} aria-label="What is wrong">
          {refusal.expected !== null && <Row term="Expected">{refusal.expected}</Row>}
          {refusal.received !== null && <Row term="Received">{refusal.received}</Row>}
          {refusal.seconds !== null && <Row term="Off by">{secondsWords(refusal.seconds)}</Row>}
        </dl>
      )}
      {notes.map((note) => (
        <Note key={note} tone="plain" icon={<IconInfoCircle size={18} aria-hidden />}>
          {note}
        </Note>
      ))}
      {person && (
        <dl className={classes.facts} aria-label="How whoot reads it">
          <Row term="Identified by">{person.subject}</Row>
          <Row term="Email address">{person.address}</Row>
          <Row term="Name">{person.name}</Row>
          <Row term="Groups">{person.groups && (person.groups.length === 0 ? "None" : <Values values={person.groups} />)}</Row>
        </dl>
      )}
      {(nameId !== null || attributes.length > 0) && (
        <table className={classes.table}>
          <caption>What the provider sent</caption>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Value</th>
            </tr>
          </thead>
          <tbody translate="no">
            {nameId !== null && (
              <tr>
                <td>NameID</td>
                <td>{nameId}</td>
              </tr>
            )}
            {attributes.slice(0, SHOWN).map(({ name, values }, index) => (
              <tr key={`${index} ${name}`}>
                <td>{name}</td>
                <td>
                  <Values values={values} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {attributes.length > SHOWN && <p className={classes.hint}>And {number(attributes.length - SHOWN)} more.</p>}
    </div>
  );
}

function Row({ term, children }: { term: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{term}</dt>
      <dd translate={children === null ? undefined : "no"}>{children ?? "Nothing"}</dd>
    </div>
  );
}

function Values({ values }: { values: readonly string[] }) {
  const more = values.length - SHOWN;
  return `${values.slice(0, SHOWN).join(", ")}${more > 0 ? `, and ${number(more)} more` : ""}`;
}
