/** The same as jsx-runtime.ts, for the development server. */
import type { ElementType } from "react";
import * as react from "react/jsx-dev-runtime";
import { type Props, withOwnElement, withOwnElements } from "./own-elements.ts";

export { Fragment } from "react/jsx-dev-runtime";

export function jsxDEV(
  type: ElementType,
  props: Props,
  key: string | undefined,
  isStatic: boolean,
  source?: react.JSXSource,
  self?: unknown,
) {
  if (!isStatic || !Array.isArray(props.children)) {
    return react.jsxDEV(type, withOwnElement(type, props), key, isStatic, source, self);
  }
  const children = withOwnElements(type, props.children as React.ReactNode[]);
  return react.jsxDEV(type, { ...props, children }, key, Array.isArray(children), source, self);
}
