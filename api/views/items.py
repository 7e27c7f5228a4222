"""Where the items of comparisons stand."""

from __future__ import annotations

import uuid

from rest_framework.request import Request
from rest_framework.response import Response

from api.serializers.items import ItemsOutput, standing_body
from api.views.base import AssayView
from crowd.queries.item_scores import standing_of


class ItemsView(AssayView):
    """Scores of the items that a project's comparisons name."""

    replies = {"GET": {200: ItemsOutput}}
    get_refusals = (409, 422)

    def get(self, request: Request, project: uuid.UUID) -> Response:
        """Items that two or more tasks compare, the best first, from the newest full fit, with 95 % intervals.

        Scores are log odds of being preferred to an item of score 0; of different ``part``s, which share no item, they
        compare through a prior only. 409 where more than 1,000 items are compared, 422 for other answer types.
        """
        return Response(standing_body(standing_of(self.project(request, project))))
