import type { ConfigNode } from './config-node.js';
import { shown } from './shown.js';

/** What a shell would take apart. */
const SHELL = /["'`$\\|&;<>()*?#~{}[\]]/;
/** A longer text is not repeated in a fault. */
const LONGEST_SHOWN = 80;

/**
 * Reads a program and its arguments; null after a fault. One text is a fault that shows how it is written as a list:
 * nothing takes it apart as a shell would.
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
  const start = 'is one text, and no shell takes it apart';
  if (text.length > LONGEST_SHOWN) return `${start}; write a list: command: [sh, -c, "…"]`;
  const shell = `command: [sh, -c, ${shown(text)}]`;
  if (SHELL.test(text)) return `${start}; write a list: ${shell}`;
  const words = text
    .split(/\s+/)
    .filter((word) => word !== '')
    .map(shown);
  return `${start}; write a list: command: [${words.join(', ')}], or with a shell: ${shell}`;
}
