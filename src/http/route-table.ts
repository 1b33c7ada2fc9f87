import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Application } from 'express';

/** The methods of each address, as registered with Express. */
@Injectable()
export class RouteTable {
  constructor(private readonly host: HttpAdapterHost) {}

  /** In upper case; empty if there is nothing at the path. The catch-all route does not count. */
  methodsAt(path: string): readonly string[] {
    const { router } = this.host.httpAdapter.getInstance<Application>();
    const methods = router.stack.flatMap(({ route }) =>
      route !== undefined && matches(route.path, path)
        ? route.stack.map(({ method }) => method.toUpperCase())
        : [],
    );
    return [...new Set(methods)];
  }
}

/** Routes consist of literal segments and of parameters that match one segment. */
function matches(route: string, path: string): boolean {
  const wanted = route.split('/');
  const found = path.replace(/(?<=.)\/$/, '').split('/');
  return (
    wanted.length === found.length &&
    wanted.every((segment, index) => {
      const part = found[index] ?? '';
      return segment.startsWith(':') ? part !== '' : segment.toLowerCase() === part.toLowerCase();
    })
  );
}
