import { Controller, Get, Header, Param, Res } from '@nestjs/common';
import type { Response } from 'express';
import { Public } from '../../access/requires.decorator.js';
import { DeployError } from '../../domain/errors.js';
import { OpenApiService } from './openapi.service.js';

const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "frame-ancestors 'none'",
].join('; ');

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Deploy: API</title>
    <link rel="stylesheet" href="/api/docs/swagger-ui.css">
    <link rel="icon" href="/api/docs/favicon-32x32.png">
  </head>
  <body>
    <div id="page"></div>
    <script src="/api/docs/swagger-ui-bundle.js"></script>
    <script src="/api/docs/start.js"></script>
  </body>
</html>
`;

const START = `SwaggerUIBundle({ url: '/api/openapi.json', dom_id: '#page', deepLinking: true });
`;

/** The OpenAPI document and a page to browse it, which loads nothing from other hosts. */
@Controller('api')
@Public()
export class OpenApiController {
  constructor(private readonly openApi: OpenApiService) {}

  @Get('openapi.json')
  @Header('Content-Type', 'application/json; charset=utf-8')
  document(): Promise<string> {
    return this.openApi.document();
  }

  @Get('docs')
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Content-Security-Policy', PAGE_POLICY)
  page(): string {
    return PAGE;
  }

  @Get('docs/:file')
  async file(@Param('file') file: string, @Res() response: Response): Promise<void> {
    if (file === 'start.js') {
      response.type('text/javascript').send(START);
      return;
    }
    await this.send(this.openApi.pageFile(file), response);
  }

  private send(path: string, response: Response): Promise<void> {
    return new Promise((resolve, reject) => {
      response.sendFile(path, { cacheControl: false, dotfiles: 'allow' }, (error?: Error) => {
        if (error === undefined || response.headersSent) resolve();
        else
          reject(
            new DeployError('internal', 'a file of the documentation page is missing', {
              cause: error,
            }),
          );
      });
    });
  }
}
