import { type Command, InvalidArgumentError } from 'commander';
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
    .argument('<shell>', Object.keys(SCRIPTS).join(', '), (shell: string) => {
      if (!Object.hasOwn(SCRIPTS, shell))
        throw new InvalidArgumentError(`There is ${Object.keys(SCRIPTS).join(', ')}.`);
      return shell;
    })
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
  for (const word of words.slice(0, -1)) {
    const next = command.commands.find((candidate) => candidate.name() === word);
    if (next === undefined) continue;
    command = next;
    path.push(next);
  }
  const names = command
    .createHelp()
    .visibleCommands(command)
    .map((each) => each.name());
  const flags = path.flatMap((each) =>
    each
      .createHelp()
      .visibleOptions(each)
      .flatMap(({ long }) => long ?? []),
  );
  const candidates = begun.startsWith('-') ? flags : names;
  return [...new Set(candidates)].filter((candidate) => candidate.startsWith(begun)).toSorted();
}
