export { type TracedOptions, traced } from "./traced";
