// What TypeScript takes as a request to change a user, and what it does not.
import type { components } from "./finesse";

type Request = components["schemas"]["UserRequest"];

export const taken: Request[] = [
  { state: "LOGIN", extension: "1001001" },
  { state: "LOGIN", extension: "1001001", activeDeviceId: "SEP1" },
  { state: "READY" },
  { state: "NOT_READY", reasonCodeId: 4 },
  { state: "LOGOUT" },
];

// @ts-expect-error a sign-in needs an extension
export const withoutExtension: Request = { state: "LOGIN" };
// @ts-expect-error nobody may ask for it
export const talking: Request = { state: "TALKING" };
// @ts-expect-error becoming ready takes no reason
export const reason: Request = { state: "READY", reasonCodeId: 4 };
