import type { ConfigNode } from './config-node.js';
import { shown } from './shown.js';

/** Characters that a shell would interpret. */
const SHELL = /["'`$\\|&;<>()*?#~{}[\]]/;
/** A longer string is not repeated in the message. */
const LONGEST_SHOWN = 80;

/**
 * Reads a program and its arguments; null after a fault. Commands run without a shell, so a single string is a
 * fault; its message shows the same command as a list.
 * @param wanted What to write, with an example.
 */
export function readCommand(node: ConfigNode, wanted: string): string[] | null {
  if (!node.isList && !node.isMap && !node.isEmpty) {
    node.fault(asList(node.string() ?? ''));
    return null;
  }
  const items = node.items();
  if (items === null) return null;
  const command = items.map((item) => item.string());
  if (command.length === 0 || command[0] === '') {
    node.fault(`names no program; ${wanted}`);
    return null;
  }
  return command.every((word) => word !== null) ? command : null;
}

function asList(text: string): string {
  const start = 'is a single string, but commands run without a shell';
  if (text.length > LONGEST_SHOWN) return `${start}; write a list: command: [sh, -c, "…"]`;
  const shell = `command: [sh, -c, ${shown(text)}]`;
  if (SHELL.test(text)) return `${start}; write a list: ${shell}`;
  const words = text
    .split(/\s+/)
    .filter((word) => word !== '')
    .map(shown);
  return `${start}; write a list: command: [${words.join(', ')}], or with a shell: ${shell}`;
}
