import { Argument, type Command, type Option } from 'commander';
import type { Terminal } from './terminal.js';

/** Each asks the command itself what can follow, so that nothing has to be installed anew after an upgrade. */
const SCRIPTS: Readonly<Record<string, string>> = {
  bash: `_voltap() { mapfile -t COMPREPLY < <(voltap complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null); }
complete -o default -F _voltap voltap`,
  zsh: `#compdef voltap
_voltap() { compadd -- \${(f)"$(voltap complete -- "\${words[@]:1:$((CURRENT - 1))}" 2>/dev/null)"}; }
compdef _voltap voltap`,
  fish: `complete -c voltap -f -a '(voltap complete -- (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)'`,
};

/** `voltap completion bash|zsh|fish`, and the hidden command that the scripts ask. */
export function addCompletion(program: Command, terminal: Terminal): void {
  program
    .command('completion')
    .description('print the completion of a shell: source <(voltap completion bash)')
    .addArgument(new Argument('<shell>').choices(Object.keys(SCRIPTS)))
    .action((shell: string) => terminal.print(SCRIPTS[shell] ?? ''));

  program
    .command('complete', { hidden: true })
    .argument('[words...]')
    .action((words: string[]) => {
      const found = completions(program, words);
      if (found.length > 0) terminal.print(found.join('\n'));
    });
}

/** What the last of the words, which may be empty, can become. */
export function completions(program: Command, words: readonly string[]): string[] {
  const begun = words.at(-1) ?? '';
  let command = program;
  const path: Command[] = [program];
  let awaiting: Option | undefined;
  let position = 0;
  for (const word of words.slice(0, -1)) {
    if (awaiting !== undefined) {
      awaiting = undefined;
    } else if (word.startsWith('-')) {
      const option = path.flatMap(({ options }) => options).find((each) => each.long === word || each.short === word);
      awaiting = option?.required ? option : undefined;
    } else {
      const next = command.commands.find((candidate) => candidate.name() === word);
      if (next === undefined) position++;
      else {
        command = next;
        path.push(next);
        position = 0;
      }
    }
  }
  const candidates =
    awaiting !== undefined
      ? (awaiting.argChoices ?? [])
      : begun.startsWith('-')
        ? flagsOf(path)
        : wordsOf(command, position);
  return [...new Set(candidates)].filter((candidate) => candidate.startsWith(begun)).toSorted();
}

function flagsOf(path: readonly Command[]): string[] {
  return path.flatMap((command) =>
    command
      .createHelp()
      .visibleOptions(command)
      .flatMap(({ long }) => long ?? []),
  );
}

/** Commands of a group, or the values that the next argument can have. */
function wordsOf(command: Command, position: number): readonly string[] {
  const names = command
    .createHelp()
    .visibleCommands(command)
    .map((each) => each.name());
  return names.length > 0 ? names : (command.registeredArguments[position]?.argChoices ?? []);
}
