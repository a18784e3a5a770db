/** One row of the table that the help, the man page and the README print. */
interface ExitCode {
  readonly code: number;
  readonly meaning: string;
}

const row = (code: number, meaning: string): ExitCode => ({ code, meaning });

/** Every exit code of every command. From 64 to 78 they are codes of sysexits(3); 79 is the first number behind them. */
export const EXIT = {
  done: row(0, "done"),
  no: row(1, "no: the key is free, was not found, or does not meet the condition; a check of doctor failed"),
  usage: row(64, "wrong usage: an unknown command or option, or a value that is out of bounds"),
  unavailable: row(69, "Redis did not answer, or refused"),
  bug: row(70, "an error in distlock itself: please report it"),
  notAcquired: row(
    75,
    "the lock was not acquired in time: try again later (--conflict-exit-code chooses another code)",
  ),
  noPermission: row(77, "Redis refused the user, or the user may not do this"),
  lost: row(79, "the lock was lost while the command ran; the command was stopped if it still ran"),
  notExecutable: row(126, "the command could not be executed"),
  notFound: row(127, "the command was not found"),
} as const;

/** The code of a command that a signal ended. Shells report it so. */
export const SIGNALED = 128;
