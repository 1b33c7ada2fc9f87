import { tar } from './tar.js';
import type { Stage } from './service-setup.js';

/** A container by the name that it has at the moment. */
interface ConfigNode {
  readonly stage: Stage;
  readonly container: string;
}

/** Writes a file into a container, through the engine. */
export async function writeInContainer(
  { stage, container }: ConfigNode,
  path: string,
  content: string,
): Promise<void> {
  const cut = path.lastIndexOf('/');
  const archive = tar([{ path: path.slice(cut + 1), content }]);
  await stage.docker.getContainer(container).putArchive(archive, { path: path.slice(0, cut) });
}

/** Content of a small file in a container. Throws where there is none. */
export async function readInContainer(
  { stage, container }: ConfigNode,
  path: string,
): Promise<string> {
  const stream = await stage.docker.getContainer(container).getArchive({ path });
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  const archive = Buffer.concat(chunks);
  const size = Number.parseInt(archive.toString('latin1', 124, 135), 8);
  return archive.toString('utf8', 512, 512 + size);
}
