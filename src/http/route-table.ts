import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Application } from 'express';

/** Which methods each address answers to, as they are registered with Express. */
@Injectable()
export class RouteTable {
  constructor(private readonly host: HttpAdapterHost) {}

  /** Upper case; empty where there is nothing at the path. The route of unknown addresses does not count. */
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

/** Our routes are made of literal segments and of parameters that take one segment. */
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
