import { Controller, Get, Param, Post, Req, Res, UseFilters } from '@nestjs/common';
import type { Request, Response } from 'express';
import { Public } from '../../access/requires.decorator.js';
import { answerPage, questionPage, sendPage } from './approve-page.js';
import { ApproveLinks } from '../../deployments/actions/approve-links.js';
import { LinkAuthentication } from './link-authentication.js';
import { PageFilter } from './page.filter.js';
import { readVerdict } from './verdict-form.js';

/**
 * The pages of approve links. Mail and chat programs that check links open them too, so a GET only shows
 * the question; the answer is a POST. The link is verified before the body is read.
 */
@Controller('approve')
@Public()
@UseFilters(PageFilter)
export class ApprovePageController {
  constructor(
    private readonly authentication: LinkAuthentication,
    private readonly links: ApproveLinks,
  ) {}

  @Get(':token')
  async ask(
    @Param('token') token: string,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const link = await this.authentication.authenticate(token, request);
    sendPage(response, 200, questionPage(link, await this.links.look(link)));
  }

  @Post(':token')
  async answer(
    @Param('token') token: string,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const link = await this.authentication.authenticate(token, request);
    const { verdict, comment } = await readVerdict(request, response);
    const deployment = await this.links.use(link, verdict, comment);
    sendPage(response, 200, answerPage(deployment));
  }
}
