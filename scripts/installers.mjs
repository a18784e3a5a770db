import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { quietly } from "./quietly.mjs";

const isRoot = process.getuid?.() === 0;

export const isOnPath = (program, env) =>
  (env.PATH ?? "").split(delimiter).some((folder) => {
    try {
      if (folder !== "") accessSync(join(folder, program), constants.X_OK);
      return folder !== "";
    } catch {
      return false;
    }
  });

async function aptGet(name, env) {
  const unattended = { env: { ...env, DEBIAN_FRONTEND: "noninteractive" } };
  await quietly("apt-get", ["update"], unattended);
  await quietly("apt-get", ["install", "-y", "--no-install-recommends", name], unattended);
}

/** The tools that install a package. Where `unasked` is true they are run; elsewhere the user reads the command. */
const tools = {
  "apt-get": { command: "sudo apt-get install", unasked: isRoot, install: aptGet },
  brew: {
    command: "brew install",
    unasked: !isRoot,
    install: (name, env) => quietly("brew", ["install", name], { env }),
  },
  dnf: { command: "sudo dnf install" },
  apk: { command: "sudo apk add" },
  pacman: { command: "sudo pacman -S" },
  zypper: { command: "sudo zypper install" },
};

/**
 * How a package can be installed here, by its names with the tools: `run` if that needs no question, and the `command` that the user
 * would type. Undefined without any of the tools.
 */
export function installerOf(names, env) {
  const present = Object.entries(tools).filter(([tool]) => isOnPath(tool, env));
  const [tool, { command, install }] = present.find(([, { unasked }]) => unasked) ?? present[0] ?? [undefined, {}];
  if (tool === undefined) return undefined;
  const name = names[tool] ?? names.default;
  const isUnasked = tools[tool].unasked === true;
  return { tool, command: `${command} ${name}`, run: isUnasked ? () => install(name, env) : undefined };
}
