import { Argument, Command } from "commander";
import type { Shell } from "../completion/completion";

const SHELLS: readonly Shell[] = ["bash", "zsh", "fish"];

const examples = `
Examples:
  $ eval "$(distlock completion bash)"        # in ~/.bashrc
  $ eval "$(distlock completion zsh)"         # in ~/.zshrc, behind compinit
  $ distlock completion fish > ~/.config/fish/completions/distlock.fish`;

export const completionCommand = (): Command =>
  new Command("completion")
    .description("Prints a script with which a shell completes commands and options.")
    .addArgument(new Argument("<shell>", "the shell").choices(SHELLS))
    .addHelpText("after", examples)
    .action(async (shell: Shell, _options, command: Command) => {
      const [{ completion }, { modelOf }] = await Promise.all([
        import("../completion/completion"),
        import("../model/model"),
      ]);
      process.stdout.write(completion(shell, modelOf(command.parent!)));
    });
