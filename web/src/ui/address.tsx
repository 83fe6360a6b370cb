import { Fragment } from "react";

/** An email address that wraps before its @ and its dots, not in the middle of a word. */
export function Address({ children }: { children: string }) {
  return children.split(/(?=[@.])/).map((part, index) => (
    <Fragment key={index}>
      {index > 0 && <wbr />}
      {part}
    </Fragment>
  ));
}
