/** The compiler calls these functions for every element in our JSX (`jsxImportSource` in vite.config.ts). */
import type { ElementType } from "react";
import * as react from "react/jsx-runtime";
import { type Props, withOwnElement, withOwnElements } from "./own-elements.ts";

export { Fragment } from "react/jsx-runtime";

export const jsx = (type: ElementType, props: Props, key?: string) => react.jsx(type, withOwnElement(type, props), key);

export function jsxs(type: ElementType, props: Props & { children: React.ReactNode[] }, key?: string) {
  const children = withOwnElements(type, props.children);
  return (Array.isArray(children) ? react.jsxs : react.jsx)(type, { ...props, children }, key);
}
